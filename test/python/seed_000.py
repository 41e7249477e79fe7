"""Amazon's notebook of lineage queries, cell by cell.

Cells under "set-up" are ours: what the notebook's account held. All other cells have the notebook's own statements, from
its first query on; installing packages is left to the test set-up.
"""

# %% set-up: a deployed model
import boto3
from seed_000_account import deploy_model

deploy_model(boto3.client("sagemaker"))

# %% session
import os
import boto3
import sagemaker
import pprint
from botocore.config import Config

sagemaker_session = sagemaker.Session()
pp = pprint.PrettyPrinter()

# %% lineage imports
from sagemaker.lineage.context import Context, EndpointContext
from sagemaker.lineage.action import Action
from sagemaker.lineage.association import Association
from sagemaker.lineage.artifact import Artifact, ModelArtifact, DatasetArtifact

from sagemaker.lineage.query import (
 LineageQuery,
 LineageFilter,
 LineageSourceEnum,
 LineageEntityEnum,
 LineageQueryDirectionEnum,
)

# %% client
sm_client = boto3.client('sagemaker')

# %% endpoint
endpoint_arn = sm_client.describe_endpoint(EndpointName = 'workshop-project-staging')['EndpointArn']

# %% endpoint context
contexts = Context.list(source_uri=endpoint_arn)
context_name = list(contexts)[0].context_name
endpoint_context = EndpointContext.load(context_name=context_name)

# %% datasets of the endpoint
query_filter = LineageFilter(
 entities=[LineageEntityEnum.ARTIFACT], sources=[LineageSourceEnum.DATASET]
)

query_result = LineageQuery(sagemaker_session).query(
 start_arns=[endpoint_context.context_arn],
 query_filter=query_filter,
 direction=LineageQueryDirectionEnum.ASCENDANTS,
 include_edges=False,
)

dataset_artifacts = []
for vertex in query_result.vertices:
 dataset_artifacts.append(vertex.to_lineage_object().source.source_uri)

pp.pprint(dataset_artifacts)

# %% models of the endpoint
query_filter = LineageFilter(
 entities=[LineageEntityEnum.ARTIFACT], sources=[LineageSourceEnum.MODEL]
)

query_result = LineageQuery(sagemaker_session).query(
 start_arns=[endpoint_context.context_arn],
 query_filter=query_filter,
 direction=LineageQueryDirectionEnum.ASCENDANTS,
 include_edges=False,
)

model_artifacts = []
for vertex in query_result.vertices:
 model_artifacts.append(vertex.to_lineage_object().source.source_uri)

pp.pprint(model_artifacts)

# %% trial components of the endpoint
query_filter = LineageFilter(
 entities=[LineageEntityEnum.TRIAL_COMPONENT],
 sources=[LineageSourceEnum.TRAINING_JOB],
)

query_result = LineageQuery(sagemaker_session).query(
 start_arns=[endpoint_context.context_arn],
 query_filter=query_filter,
 direction=LineageQueryDirectionEnum.ASCENDANTS,
 include_edges=False,
)

trial_components = []
for vertex in query_result.vertices:
 trial_components.append(vertex.arn)

pp.pprint(trial_components)

# %% model package
model_package_arn = sm_client.list_model_packages(ModelPackageGroupName = 'mlops-workshop-model-group')['ModelPackageSummaryList'][0]['ModelPackageArn']

# %% model artifact
model_artifact_summary = list(Artifact.list(source_uri=model_package_arn))[0]
model_artifact = ModelArtifact.load(artifact_arn=model_artifact_summary.artifact_arn)

# %% endpoints and datasets of the model
query_filter = LineageFilter(
 entities=[LineageEntityEnum.ARTIFACT],
 sources=[LineageSourceEnum.ENDPOINT, LineageSourceEnum.DATASET],
)

query_result = LineageQuery(sagemaker_session).query(
 start_arns=[model_artifact.artifact_arn],
 query_filter=query_filter,
 direction=LineageQueryDirectionEnum.DESCENDANTS,
 include_edges=False,
)

associations = []
for vertex in query_result.vertices:
 associations.append(vertex.to_lineage_object().source.source_uri)

query_result = LineageQuery(sagemaker_session).query(
 start_arns=[model_artifact.artifact_arn],
 query_filter=query_filter,
 direction=LineageQueryDirectionEnum.ASCENDANTS,
 include_edges=False,
)

for vertex in query_result.vertices:
 associations.append(vertex.to_lineage_object().source.source_uri)

pp.pprint(associations)

# %% both directions
query_filter = LineageFilter(
 entities=[LineageEntityEnum.ARTIFACT],
 sources=[LineageSourceEnum.ENDPOINT, LineageSourceEnum.DATASET],
)

query_result = LineageQuery(sagemaker_session).query(
 start_arns=[model_artifact.artifact_arn],
 query_filter=query_filter,
 direction=LineageQueryDirectionEnum.BOTH,
 include_edges=False,
)

associations = []
for vertex in query_result.vertices:
 associations.append(vertex.to_lineage_object().source.source_uri)

pp.pprint(associations)

# %% ascendants and descendants
query_filter = LineageFilter(
 entities=[LineageEntityEnum.ARTIFACT],
 sources=[
 LineageSourceEnum.ENDPOINT,
 LineageSourceEnum.MODEL,
 LineageSourceEnum.DATASET,
 LineageSourceEnum.TRAINING_JOB,
 ],
)

query_result = LineageQuery(sagemaker_session).query(
 start_arns=[model_artifact.artifact_arn],
 query_filter=query_filter,
 direction=LineageQueryDirectionEnum.ASCENDANTS,
 include_edges=False,
)

ascendant_artifacts = []

for vertex in query_result.vertices:
 try:
  ascendant_artifacts.append(vertex.to_lineage_object().source.source_uri)
 except:
  ascendant_artifacts.append(vertex.arn)

print("Ascendant artifacts:")
pp.pprint(ascendant_artifacts)

query_result = LineageQuery(sagemaker_session).query(
 start_arns=[model_artifact.artifact_arn],
 query_filter=query_filter,
 direction=LineageQueryDirectionEnum.DESCENDANTS,
 include_edges=False,
)

descendant_artifacts = []
for vertex in query_result.vertices:
 try:
  descendant_artifacts.append(vertex.to_lineage_object().source.source_uri)
 except:
  descendant_artifacts.append(vertex.arn)

print("Descendant artifacts:")
pp.pprint(descendant_artifacts)
