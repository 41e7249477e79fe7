"""The deployed model that the lineage query notebook (seed_000.py) asks about.

    dataset ─► training job ─► model data ─► model package ─► deployment ─► endpoint
    image ───────┘    └──────────────────────────────────────► deployment of another endpoint
"""

ENDPOINT = "workshop-project-staging"
GROUP = "mlops-workshop-model-group"
TRAINING = "workshop-project-train-aws-training-job"


def deploy_model(client):
    """Makes everything but the training job's component, which lineage operations cannot make."""
    training = client.describe_trial_component(TrialComponentName=TRAINING)["TrialComponentArn"]
    prefix = training.split(":experiment-trial-component/")[0]

    def artifact(of_type, uri):
        return client.create_artifact(ArtifactType=of_type, Source={"SourceUri": uri})["ArtifactArn"]

    def deployment(endpoint):
        endpoint_arn = f"{prefix}:endpoint/{endpoint}"
        action = client.create_action(
            ActionName=f"{endpoint}-deployment",
            ActionType="ModelDeployment",
            Source={"SourceUri": endpoint_arn, "SourceType": "ARN"},
            Status="Completed",
        )["ActionArn"]
        context = client.create_context(
            ContextName=f"{endpoint}-endpoint",
            ContextType="Endpoint",
            Source={"SourceUri": endpoint_arn, "SourceType": "ARN"},
        )["ContextArn"]
        add(action, context, "AssociatedWith")
        return action

    def add(source, destination, association):
        client.add_association(
            SourceArn=source, DestinationArn=destination, AssociationType=association
        )

    train = artifact("DataSet", "s3://workshop-project/train.csv")
    validation = artifact("DataSet", "s3://workshop-project/validation.csv")
    image = artifact("Image", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1")
    model_data = artifact("Model", "s3://workshop-project/output/model.tar.gz")
    package = artifact("Model", f"{prefix}:model-package/{GROUP}/1")
    unrelated = artifact("DataSet", "s3://workshop-project/unrelated.csv")
    group = client.create_context(
        ContextName=GROUP,
        ContextType="ModelGroup",
        Source={"SourceUri": f"{prefix}:model-package-group/{GROUP}", "SourceType": "ARN"},
    )["ContextArn"]
    staging = deployment(ENDPOINT)
    production = deployment("workshop-project-production")

    for thing in (train, validation, image):
        add(thing, training, "ContributedTo")
    add(training, model_data, "Produced")
    add(model_data, package, "AssociatedWith")
    add(group, package, "AssociatedWith")
    add(package, staging, "ContributedTo")
    # The same image serves and trains: that is how one endpoint's lineage reaches another's.
    for action in (staging, production):
        add(image, action, "ContributedTo")
    other = artifact("Model", "s3://workshop-project/other/model.tar.gz")
    add(other, production, "ContributedTo")
    add(unrelated, other, "DerivedFrom")
