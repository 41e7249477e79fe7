"""Prints, for every listing of the sandbox, what botocore's paginator finds in it: the ARNs, or pairs of ARNs, in order."""

import json
import sys

import boto3

LISTINGS = {
    "list_artifacts": ("ArtifactSummaries", "ArtifactArn"),
    "list_actions": ("ActionSummaries", "ActionArn"),
    "list_contexts": ("ContextSummaries", "ContextArn"),
    "list_experiments": ("ExperimentSummaries", "ExperimentArn"),
    "list_trials": ("TrialSummaries", "TrialArn"),
    "list_trial_components": ("TrialComponentSummaries", "TrialComponentArn"),
    "list_associations": ("AssociationSummaries", "SourceArn", "DestinationArn"),
}


def main():
    client = boto3.client("sagemaker")
    found = {
        listing: [" ".join(item[member] for member in members) for item in items(client, listing, result)]
        for listing, (result, *members) in LISTINGS.items()
    }
    json.dump(found, sys.stdout)


def items(client, listing, result):
    for page in client.get_paginator(listing).paginate(PaginationConfig={"PageSize": 100}):
        yield from page[result]


if __name__ == "__main__":
    main()
