"""Calls every operation of the sandbox's S3 (see judge_service for what is printed)."""

from service_model import judge_service

BUCKET = "validated"
PART = 5 * 2**20


def hold(client):
    client.create_bucket(Bucket=BUCKET)
    client.head_bucket(Bucket=BUCKET)
    client.get_bucket_location(Bucket=BUCKET)
    client.list_buckets()

    for key in ("runs/1/nodes.csv", "runs/1/edges.csv", 'odd & <"key">;\u00fc \U0001f980', "plain"):
        client.put_object(
            Bucket=BUCKET, Key=key, Body=b"~id\n", ContentType="text/csv", Metadata={"run": "1"}
        )
    client.head_object(Bucket=BUCKET, Key="plain")
    client.get_object(Bucket=BUCKET, Key="plain", Range="bytes=1-2")["Body"].read()
    client.get_object_attributes(
        Bucket=BUCKET, Key="plain", ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"]
    )
    client.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "plain"})
    for page_size in (2, 1_000):
        for operation in ("list_objects", "list_objects_v2"):
            pager = client.get_paginator(operation)
            for delimiter in ("", "/"):
                list(pager.paginate(Bucket=BUCKET, Delimiter=delimiter, PaginationConfig={"PageSize": page_size}))
    client.list_objects_v2(Bucket=BUCKET, FetchOwner=True, StartAfter="p", Prefix="p", EncodingType="url")

    upload_in_parts(client)
    client.delete_object(Bucket=BUCKET, Key="copy")
    keys = [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
    client.delete_bucket(Bucket=BUCKET)


def upload_in_parts(client):
    name = {"Bucket": BUCKET, "Key": "large"}
    upload = {**name, "UploadId": client.create_multipart_upload(**name)["UploadId"]}
    first = client.upload_part(**upload, PartNumber=1, Body=b"a" * PART)
    second = client.upload_part_copy(**upload, PartNumber=2, CopySource={"Bucket": BUCKET, "Key": "plain"})
    client.list_parts(**upload)
    client.list_multipart_uploads(Bucket=BUCKET)
    tags = [first["ETag"], second["CopyPartResult"]["ETag"]]
    parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    client.get_object(**name, PartNumber=2)["Body"].read()
    given_up = client.create_multipart_upload(**name)["UploadId"]
    client.abort_multipart_upload(**name, UploadId=given_up)


if __name__ == "__main__":
    judge_service("s3", hold)
