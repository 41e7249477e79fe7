"""Amazon's lineage notebook (amazon-sagemaker-examples, sagemaker-lineage.ipynb, Apache-2.0), cell by cell.

Cells under "set-up" are ours: they stand for the notebook instance that the notebook ran on and for what its account held;
jobs, which no lineage operation creates, come with the sandbox. All other cells have the notebook's own statements.
"""

# %% set-up: a notebook instance, its role and its bucket
import json
import os
import time

import boto3
import sagemaker.session

METADATA = os.path.expanduser("~/resource-metadata.json")
with open(METADATA, "w") as file:
    json.dump({"ResourceName": "notebook", "ExecutionRoleArn": "arn:aws:iam::111122223333:role/Lineage"}, file)
sagemaker.session.NOTEBOOK_METADATA_FILE = METADATA

os.environ["SAGEMAKER_USER_CONFIG_OVERRIDE"] = os.path.expanduser("~/config.yaml")
with open(os.environ["SAGEMAKER_USER_CONFIG_OVERRIDE"], "w") as file:
    modules = {"Session": {"DefaultS3Bucket": "lineage-notebook"}, "TelemetryOptOut": True}
    json.dump({"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": modules}}}, file)

# %% set-up: what the notebook's jobs read and made
from seed_001_account import associate_jobs

associate_jobs(boto3.client("sagemaker"))

# %% set-up: no waiting between deletions, nor for a session of its own for every listing without one
import functools

from sagemaker.apiutils import _utils

time.sleep = lambda seconds: None
_utils.default_session = functools.cache(_utils.default_session)

# %% session
from botocore.exceptions import ClientError

import os
import sagemaker
import logging
import boto3
import sagemaker
import pandas as pd

sess   = sagemaker.Session()
bucket = sess.default_bucket()
role = sagemaker.get_execution_role()
region = boto3.Session().region_name

sm = boto3.Session().client(service_name='sagemaker', region_name=region)

# %% set-up: names that the notebook uses and never gives
from sagemaker.workflow.pipeline import _PipelineExecution
from seed_001_account import execution_arn

sagemaker_session = sess
execution = _PipelineExecution(execution_arn(sm), sess)
print(bucket, role, region)

# %% lineage imports
from datetime import datetime
from sagemaker.lineage.context import Context
from sagemaker.lineage.action import Action
from sagemaker.lineage.association import Association
from sagemaker.lineage.artifact import Artifact

# %% visualizer import
from sagemaker.lineage.visualizer import LineageTableVisualizer

# %% unique id
unique_id = str(int(datetime.now().replace(microsecond=0).timestamp()))

print(f'Unique id is {unique_id}')

# %% create a context
context_name = f'machine-learning-workflow-{unique_id}' 

ml_workflow_context = Context.create(
    context_name=context_name, 
    context_type='MLWorkflow',    
    source_uri=unique_id,
    properties={"example": "true"})

# %% list contexts
contexts = Context.list(sort_by='CreationTime', sort_order='Descending')

for ctx in contexts:
    print(ctx.context_name)

# %% create an action
model_build_action = Action.create(
    action_name=f"model-build-step-{unique_id}",
    action_type="ModelBuild",
    source_uri=unique_id,
    properties={"Example": "Metadata"},
)

# %% associate context and action
context_action_association = Association.create(
    source_arn=ml_workflow_context.context_arn,
    destination_arn=model_build_action.action_arn,
    association_type='AssociatedWith'
)

# %% list associations
incoming_associations_to_action = Association.list(destination_arn=model_build_action.action_arn)
for association in incoming_associations_to_action:
    print(f'{model_build_action.action_name} has an incoming association from {association.source_name}')

outgoing_associations_from_context = Association.list(source_arn=ml_workflow_context.context_arn)
for association in outgoing_associations_from_context:
    print(f'{ml_workflow_context.context_name} has an outgoing association to {association.destination_name}')

# %% create input artifacts
input_test_images = Artifact.create(
    artifact_name='mnist-test-images',
    artifact_type='TestData',
    source_types=[{"SourceIdType": "Custom", "Value": unique_id}],
    source_uri='https://sagemaker-sample-files.s3.amazonaws.com/datasets/image/MNIST/t10k-images-idx3-ubyte.gz')

input_test_labels = Artifact.create(
    artifact_name='mnist-test-labels',
    artifact_type='TestLabels',
    source_types=[{"SourceIdType": "Custom", "Value": unique_id}],
    source_uri='https://sagemaker-sample-files.s3.amazonaws.com/datasets/image/MNIST/t10k-labels-idx1-ubyte.gz')

# %% create a model artifact
output_model = Artifact.create(
    artifact_name='mnist-model',
    artifact_type='Model',
    source_types=[{"SourceIdType": "Custom", "Value": unique_id}],
    source_uri='s3://sagemaker-sample-files.s3.amazonaws.com/datasets/image/MNIST/model/tensorflow-training-2020-11-20-23-57-13-077/model.tar.gz'
)

# %% associate inputs
Association.create(source_arn=input_test_images.artifact_arn, destination_arn=model_build_action.action_arn)
Association.create(source_arn=input_test_labels.artifact_arn, destination_arn=model_build_action.action_arn)

# %% associate the model
Association.create(source_arn=model_build_action.action_arn, destination_arn=output_model.artifact_arn)

# %% analytics import
from sagemaker.analytics import ArtifactAnalytics

# %% artifact analytics
from sagemaker.analytics import ArtifactAnalytics
analytics = ArtifactAnalytics()
df = analytics.dataframe()

# %% artifact table
df

# %% table of a processing job
import time
from sagemaker.lineage.visualizer import LineageTableVisualizer

viz = LineageTableVisualizer(sagemaker.session.Session())

df = viz.show(processing_job_name='pipelines-jvk06bcbvsxx-processing-v21c4wmlos')
df

# %% table of a training job
import time
from sagemaker.lineage.visualizer import LineageTableVisualizer

viz = LineageTableVisualizer(sagemaker.session.Session())

df = viz.show(training_job_name='pipelines-jvk06bcbvsxx-Train-ja5pJvXyWE')
df

# %% table of a model package
import time
from sagemaker.lineage.visualizer import LineageTableVisualizer

viz = LineageTableVisualizer(sagemaker.session.Session())

df = viz.show(model_package_arn='arn:aws:sagemaker:us-east-1:231218423789:model-package-group/bert-reviews-16092802964020664')
df

# %% list trial components
shell(r"""aws sagemaker list-trial-components \
    --experiment-name 'Amazon-Customer-Reviews-BERT-Experiment-1608317665'
""")

# %% table of a trial component
import time
from sagemaker.lineage.visualizer import LineageTableVisualizer

viz = LineageTableVisualizer(sagemaker.session.Session())

df = viz.show(trial_component_name='tensorflow-training-2020-12-18-18-56-45-812-aws-training-job')
df

# %% tables of all pipeline steps
import time
from sagemaker.lineage.visualizer import LineageTableVisualizer


viz = LineageTableVisualizer(sagemaker.session.Session())
for execution_step in reversed(execution.list_steps()):
    print(execution_step)
    display(viz.show(pipeline_execution_step=execution_step))
    time.sleep(5)

# %% clean up
def delete_associations(arn):
    incoming_associations = Association.list(destination_arn=arn)
    for summary in incoming_associations:
        assct = Association(
            source_arn=summary.source_arn, 
            destination_arn=summary.destination_arn,
            sagemaker_session=sagemaker_session)
        assct.delete()
        time.sleep(3)
    
    outgoing_associations = Association.list(source_arn=arn)
    for summary in outgoing_associations:
        assct = Association(
            source_arn=summary.source_arn, 
            destination_arn=summary.destination_arn,
            sagemaker_session=sagemaker_session)
        assct.delete()
        time.sleep(3)        

import time

def delete_lineage_data():
    for summary in Context.list():
        print(f'Deleting context {summary.context_name}')
        delete_associations(summary.context_arn)
        ctx = Context(context_name=summary.context_name, sagemaker_session=sagemaker_session)        
        ctx.delete()
        time.sleep(3)

    for summary in Action.list():
        print(f'Deleting action {summary.action_name}')
        delete_associations(summary.action_arn)
        actn = Action(action_name=summary.action_name, sagemaker_session=sagemaker_session)
        actn.delete()
        time.sleep(3)        

    for summary in Artifact.list():
        print(f'Deleting artifact {summary.artifact_arn} {summary.artifact_name}')
        delete_associations(summary.artifact_arn)
        artfct = Artifact(artifact_arn=summary.artifact_arn, sagemaker_session=sagemaker_session)
        artfct.delete()
        time.sleep(3)        

delete_lineage_data()

# %% set-up: what is left
[len(list(kind.list())) for kind in (Context, Action, Artifact, Association)]
