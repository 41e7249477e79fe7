"""Calls every operation of the sandbox's SageMaker (see judge_service for what is printed).

Reads the whole account first: every page of every listing, every entity described, lineage from a sample of them; then
makes, changes and removes one thing of each kind.
"""

import itertools

from service_model import judge_service

# One in so many entities is asked for its lineage and its tags.
SAMPLE = 20
ORDERS = ("Ascending", "Descending")


# Listing, its result, how it can be sorted; what describes an item, by which member.
LISTINGS = [
    ("list_artifacts", "ArtifactSummaries", ["CreationTime"], "describe_artifact", "ArtifactArn"),
    ("list_actions", "ActionSummaries", ["Name", "CreationTime"], "describe_action", "ActionName"),
    ("list_contexts", "ContextSummaries", ["Name", "CreationTime"], "describe_context", "ContextName"),
    ("list_experiments", "ExperimentSummaries", ["Name", "CreationTime"], "describe_experiment", "ExperimentName"),
    ("list_trials", "TrialSummaries", ["Name", "CreationTime"], "describe_trial", "TrialName"),
    (
        "list_trial_components",
        "TrialComponentSummaries",
        ["Name", "CreationTime"],
        "describe_trial_component",
        "TrialComponentName",
    ),
]
ASSOCIATION_SORTS = ["SourceArn", "DestinationArn", "SourceType", "DestinationType", "CreationTime"]


def read_account(client):
    found = {}
    for listing, result, sorts, describe, member in LISTINGS:
        found[result] = every(client, listing, result)
        for sort, order in itertools.product(sorts, ORDERS):
            every(client, listing, result, SortBy=sort, SortOrder=order)
        for item in found[result]:
            getattr(client, describe)(**{member: item[member]})
    for sort, order in itertools.product(ASSOCIATION_SORTS, ORDERS):
        every(client, "list_associations", "AssociationSummaries", SortBy=sort, SortOrder=order)

    entities = [
        next(value for name, value in item.items() if name.endswith("Arn"))
        for listing in found.values()
        for item in listing
    ]
    for arn in entities[::SAMPLE]:
        every(client, "list_tags", "Tags", page_size=50, ResourceArn=arn)
    read_lineage(client, [arn for arn in entities if ":experiment/" not in arn and ":experiment-trial/" not in arn])
    read_search(client)
    read_lineage_groups(client)
    read_derived(client, found)


def read_lineage(client, arns):
    for arn in arns[::SAMPLE]:
        for direction, edges in itertools.product(("Ascendants", "Descendants", "Both"), (False, True)):
            question = {"StartArns": [arn], "Direction": direction, "IncludeEdges": edges}
            for _ in pages(client, "query_lineage", page_size=50, **question):
                pass


def read_search(client):
    for resource in ("Experiment", "ExperimentTrial", "ExperimentTrialComponent"):
        every(client, "search", "Results", Resource=resource)


def read_lineage_groups(client):
    for group in every(client, "list_lineage_groups", "LineageGroupSummaries"):
        name = group["LineageGroupName"]
        client.describe_lineage_group(LineageGroupName=name)
        try:
            client.get_lineage_group_policy(LineageGroupName=name)
        except client.exceptions.ResourceNotFound:
            pass


def read_derived(client, found):
    """What is no lineage entity, and known by lineage alone."""
    for context in found["ContextSummaries"]:
        uri = context["Source"]["SourceUri"]
        if context["ContextType"] == "Endpoint" and ":endpoint/" in uri:
            client.describe_endpoint(EndpointName=uri.split("/")[-1])
        if ":model-package-group/" in uri:
            packages = every(
                client,
                "list_model_packages",
                "ModelPackageSummaryList",
                ModelPackageGroupName=uri.split("/")[-1],
            )
            for package in packages:
                client.describe_model_package(ModelPackageName=package["ModelPackageArn"])
    executions = set()
    for component in found["TrialComponentSummaries"][::SAMPLE]:
        tags = client.list_tags(ResourceArn=component["TrialComponentArn"])["Tags"]
        executions |= {tag["Value"] for tag in tags if tag["Key"] == "sagemaker:pipeline-execution-arn"}
    for execution in executions:
        every(
            client,
            "list_pipeline_execution_steps",
            "PipelineExecutionSteps",
            PipelineExecutionArn=execution,
        )


def write_account(client):
    tags = [{"Key": "team", "Value": "risk: models"}]
    metadata = {"CommitId": "3f1a", "Repository": "git@example.com:r", "GeneratedBy": "CI", "ProjectId": "p-1"}
    artifact = client.create_artifact(
        ArtifactName="validated",
        ArtifactType="DataSet",
        Source={
            "SourceUri": "s3://validated/a,b;\"c\" \U0001f980.csv",
            "SourceTypes": [{"SourceIdType": "S3ETag", "Value": "1b2c"}],
        },
        Properties={"rows": "12"},
        MetadataProperties=metadata,
        Tags=tags,
    )["ArtifactArn"]
    client.update_artifact(ArtifactArn=artifact, Properties={"rows": "13"})
    action = client.create_action(
        ActionName="Validated",
        ActionType="Approval",
        Source={"SourceUri": "s3://validated", "SourceType": "Custom", "SourceId": "1"},
        Description="Checked by hand",
        Status="InProgress",
        Properties={"by": "an auditor"},
        MetadataProperties=metadata,
        Tags=tags,
    )["ActionArn"]
    client.update_action(ActionName="Validated", Status="Completed", PropertiesToRemove=["by"])
    context = client.create_context(
        ContextName="validated_context",
        ContextType="Endpoint",
        Source={"SourceUri": "s3://validated", "SourceType": "Custom"},
        Properties={"stage": "test"},
        Tags=tags,
    )["ContextArn"]
    client.update_context(ContextName="validated_context", Description="Of a test")

    client.create_experiment(ExperimentName="validated", DisplayName="Validated", Description="d", Tags=tags)
    client.update_experiment(ExperimentName="validated", DisplayName="Validated-again")
    client.create_trial(ExperimentName="validated", TrialName="validated-trial", MetadataProperties=metadata)
    client.update_trial(TrialName="validated-trial", DisplayName="Validated-trial")
    component = client.create_trial_component(
        TrialComponentName="validated-component",
        DisplayName="Validated-component",
        Status={"PrimaryStatus": "InProgress", "Message": "One line"},
        StartTime=1_700_000_000,
        EndTime=1_700_000_100.25,
        Parameters={"depth": {"NumberValue": 0.5}, "kind": {"StringValue": "tree"}},
        InputArtifacts={"in": {"MediaType": "text/csv", "Value": "s3://validated/in.csv"}},
        OutputArtifacts={"out": {"Value": "s3://validated/out.csv"}},
        MetadataProperties=metadata,
    )["TrialComponentArn"]
    client.update_trial_component(
        TrialComponentName="validated-component", Status={"PrimaryStatus": "Completed"}
    )
    membership = {"TrialComponentName": "validated-component", "TrialName": "validated-trial"}
    client.associate_trial_component(**membership)

    edge = {"SourceArn": artifact, "DestinationArn": action}
    client.add_association(**edge, AssociationType="ContributedTo")
    client.add_association(SourceArn=component, DestinationArn=context)
    client.add_tags(ResourceArn=action, Tags=[{"Key": "more", "Value": ""}])
    client.list_tags(ResourceArn=action)

    client.describe_artifact(ArtifactArn=artifact)
    client.describe_action(ActionName=action)
    client.describe_context(ContextName=context)
    client.describe_experiment(ExperimentName="validated")
    client.describe_trial(TrialName="validated-trial")
    client.describe_trial_component(TrialComponentName=component)
    client.list_associations(SourceArn=artifact)
    client.query_lineage(StartArns=[artifact], IncludeEdges=True)
    client.search(
        Resource="ExperimentTrialComponent",
        SearchExpression={
            "Filters": [
                {"Name": "TrialComponentName", "Operator": "Equals", "Value": "validated-component"}
            ]
        },
    )

    client.delete_tags(ResourceArn=action, TagKeys=["more"])
    client.delete_association(**edge)
    client.delete_association(SourceArn=component, DestinationArn=context)
    client.disassociate_trial_component(**membership)
    client.delete_trial_component(TrialComponentName="validated-component")
    client.delete_trial(TrialName="validated-trial")
    client.delete_experiment(ExperimentName="validated")
    client.delete_context(ContextName="validated_context")
    client.delete_action(ActionName="Validated")
    client.delete_artifact(ArtifactArn=artifact)


def every(client, operation, result, **request):
    return [item for page in pages(client, operation, **request) for item in page.get(result, [])]


def pages(client, operation, page_size=100, **request):
    """By botocore's own paginator where it has one, by hand where it has none."""
    if client.can_paginate(operation):
        pager = client.get_paginator(operation)
        yield from pager.paginate(**request, PaginationConfig={"PageSize": page_size})
        return
    token = {}
    while True:
        page = getattr(client, operation)(**request, **token, MaxResults=page_size)
        yield page
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


if __name__ == "__main__":
    judge_service("sagemaker", read_account, write_account)
