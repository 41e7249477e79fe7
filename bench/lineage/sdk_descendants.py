"""How many descendants the SageMaker Python SDK's LineageQuery finds."""

import sys

import boto3
from sagemaker.lineage.query import LineageQuery, LineageQueryDirectionEnum
from sagemaker.session import Session

session = Session(boto3.Session(), sagemaker_client=boto3.client("sagemaker"), default_bucket="none")
result = LineageQuery(session).query(
    start_arns=[sys.argv[1]],
    direction=LineageQueryDirectionEnum.DESCENDANTS,
    include_edges=False,
)
print(len(result.vertices))
