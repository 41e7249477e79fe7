"""The judge of replies, judged: it must find each kind of defect. Run by the test suite: python -m unittest."""

import unittest

import botocore.session
from service_model import violations

CLIENT = botocore.session.get_session().create_client("sagemaker", region_name="us-east-1")
ARN = "arn:aws:sagemaker:us-east-1:123456789012:artifact/1f2e"
ARTIFACT = ".ArtifactSummaries[]"


class JudgeTest(unittest.TestCase):
    def assert_found(self, operation, reply, *found):
        shape = CLIENT.meta.service_model.operation_model(operation).output_shape
        self.assertEqual(violations(shape, reply), list(found))

    def test_a_reply_as_the_model_says_has_no_defect(self):
        summary = {
            "ArtifactArn": ARN,
            "ArtifactName": "raw",
            "Source": {"SourceUri": "line\nbreak", "SourceTypes": [{"SourceIdType": "Custom", "Value": "1"}]},
            "CreationTime": 1_700_000_000.123,
        }
        self.assert_found("ListArtifacts", {"ArtifactSummaries": [summary], "NextToken": "t"})

    def test_each_defect_is_found_where_it_is(self):
        summary = {
            "ArtifactArn": "arn:aws:sagemaker:us-east-1:123456789012:action/1f2e",
            "ArtifactName": "a" * 121,
            "CreationTime": 1_700_000_000_123,
            "LastModifiedTime": "2023-11-14T22:13:20Z",
            "Source": {"SourceTypes": [{"SourceIdType": "Sum", "Value": "1"}]},
            "State": "Active",
        }
        pattern = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}"
        arn_pattern = r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:artifact/.*"
        self.assert_found(
            "ListArtifacts",
            {"ArtifactSummaries": [summary], "NextToken": None},
            (f"{ARTIFACT}.State", "unknown to the model"),
            (f"{ARTIFACT}.ArtifactArn", f"{summary['ArtifactArn']!r} does not match {arn_pattern}"),
            (f"{ARTIFACT}.ArtifactName", "121 characters, more than 120"),
            (f"{ARTIFACT}.ArtifactName", f"{'a' * 121!r} does not match {pattern}"),
            (f"{ARTIFACT}.CreationTime", "1700000000123 is no time of this century in seconds"),
            (f"{ARTIFACT}.LastModifiedTime", "expected a number of epoch seconds, got '2023-11-14T22:13:20Z'"),
            (f"{ARTIFACT}.Source.SourceUri", "required and missing"),
            (
                f"{ARTIFACT}.Source.SourceTypes[].SourceIdType",
                "'Sum' is not one of ['MD5Hash', 'S3ETag', 'S3Version', 'Custom']",
            ),
            (".NextToken", "expected a string, got None"),
        )

    def test_numbers_and_maps_are_looked_into(self):
        reply = {
            "Parameters": {"rate": {"NumberValue": "fast"}, "limit": {"NumberValue": "NaN"}},
            "InputArtifacts": {"in": {"MediaType": "text/csv"}},
            "Metrics": [{"Count": 1.5}],
        }
        self.assert_found(
            "DescribeTrialComponent",
            reply,
            (".InputArtifacts{}.Value", "required and missing"),
            (".Metrics[].Count", "expected a whole number, got 1.5"),
            (".Parameters{}.NumberValue", "expected a number, got 'fast'"),
        )


if __name__ == "__main__":
    unittest.main()
