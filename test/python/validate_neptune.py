"""Calls every operation of the sandbox's Neptune (see judge_service for what is printed)."""

import os
import time

import boto3
from service_model import judge_service

PREFIX = "validated"


def converse(client):
    bucket = put_files()
    load = {
        "source": f"s3://{bucket}/{PREFIX}/",
        "format": "csv",
        "s3BucketRegion": os.environ["AWS_REGION"],
        "iamRoleArn": "arn:aws:iam::123456789012:role/NeptuneLoad",
    }
    client.get_engine_status()
    for fail_on_error in (False, True):
        job = client.start_loader_job(**load, failOnError=fail_on_error)["payload"]["loadId"]
        while not ended(client.get_loader_job_status(loadId=job)):
            time.sleep(0.05)
        client.get_loader_job_status(loadId=job, details=True, errors=True, page=1, errorsPerPage=2)
    client.list_loader_jobs(limit=10, includeQueuedLoads=True)
    client.get_propertygraph_summary(mode="basic")
    client.get_propertygraph_summary(mode="detailed")
    client.execute_gremlin_query(gremlinQuery="g.V().hasLabel('artifact').valueMap(true)")
    refused(client.exceptions.ClientError, client.cancel_loader_job, loadId=job)

    token = client.execute_fast_reset(action="initiateDatabaseReset")["payload"]["token"]
    client.execute_fast_reset(action="performDatabaseReset", token=token)


def put_files():
    """One file that loads, and one with every second row wrong."""
    s3 = boto3.client("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    nodes = "~id,~label,name:String(single)\n" + "".join(f"v{i},artifact,n\n" for i in range(4))
    edges = "~id,~from,~to,~label\ne0,v0,v1,Produced\ne1,v0\ne2,v1,v2,Produced\ne3,v1\n"
    s3.put_object(Bucket=bucket, Key=f"{PREFIX}/nodes.csv", Body=nodes.encode())
    s3.put_object(Bucket=bucket, Key=f"{PREFIX}/edges.csv", Body=edges.encode())
    return bucket


def ended(reply):
    status = reply["payload"]["overallStatus"]["status"]
    return status not in ("LOAD_NOT_STARTED", "LOAD_IN_QUEUE", "LOAD_IN_PROGRESS")


def refused(error, call, **request):
    try:
        call(**request)
    except error:
        return
    raise AssertionError(f"{call.__name__} should have been refused.")


if __name__ == "__main__":
    judge_service("neptunedata", converse)
