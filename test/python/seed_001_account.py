"""What the jobs that the lineage notebook (seed_001.py) looks at had read and made."""

PIPELINE = "pipelines-jvk06bcbvsxx"
PROCESSING = f"{PIPELINE}-processing-v21c4wmlos-aws-processing-job"
TRAINING = f"{PIPELINE}-Train-ja5pJvXyWE-aws-training-job"

OUTPUTS = f"s3://sagemaker-us-east-1-231218423789/{PIPELINE}-2020-12-29-22-19-21-922/output"
BERT_TEST = ("DataSet", f"{OUTPUTS}/bert-test")
BERT_VALIDATION = ("DataSet", f"{OUTPUTS}/bert-validation")
BERT_TRAIN = ("DataSet", f"{OUTPUTS}/bert-train")
SCRIPT = ("DataSet", "preprocess-scikit-text-to-bert.py")
IMAGE = ("Image", "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.1.0-cpu-py3")
MODEL = ("Model", "model.tar.gz")


def associate_jobs(client):
    """Gives each job its inputs and outputs, the last one of the notebook's table first: it lists the newest first."""

    def artifact(of_type, uri):
        # The account may know it already: one job's output is another's input, and public images are everybody's.
        known = client.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
        if known:
            return known[0]["ArtifactArn"]
        return client.create_artifact(ArtifactType=of_type, Source={"SourceUri": uri})["ArtifactArn"]

    def add(component, inputs, outputs):
        arn = client.describe_trial_component(TrialComponentName=component)["TrialComponentArn"]
        pairs = [(artifact(*thing), arn, "ContributedTo") for thing in inputs]
        pairs += [(arn, artifact(*thing), "Produced") for thing in outputs]
        for source, destination, association in reversed(pairs):
            client.add_association(
                SourceArn=source, DestinationArn=destination, AssociationType=association
            )

    add(PROCESSING, [SCRIPT], [BERT_TEST, BERT_VALIDATION, BERT_TRAIN])
    add(TRAINING, [BERT_TEST, BERT_VALIDATION, BERT_TRAIN, IMAGE], [MODEL])


def execution_arn(client):
    """The pipeline execution that the training job was a step of: a tag of the job's component says it."""
    arn = client.describe_trial_component(TrialComponentName=TRAINING)["TrialComponentArn"]
    tags = client.list_tags(ResourceArn=arn)["Tags"]
    return next(tag["Value"] for tag in tags if tag["Key"] == "sagemaker:pipeline-execution-arn")
