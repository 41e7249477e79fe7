import type { SageMakerClient, Trial, TrialComponent } from '@aws-sdk/client-sagemaker';
import { parseArn } from '../graph/arn.ts';
import { edgeId } from '../graph/ids.ts';
import { KINDS, MEMBERSHIP_LABELS, type MembershipLabel } from '../graph/kinds.ts';
import type { EdgeRow } from '../graph/rows.ts';
import { type Origin, required } from './cells.ts';
import type { ListingOptions, Page } from './pages.ts';
import { search } from './search.ts';

/**
 * Which experiment a trial, and which trials a component, belongs to. Neither List summaries nor associations say it;
 * Search gives it for a hundred records a call (Search API page: TrialComponent.Parents, Trial.ExperimentName).
 */
export function getTrialMemberships(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<Trial>> {
  return search(client, { resource: 'ExperimentTrial', member: ({ Trial }) => Trial }, options);
}

/** See {@link getTrialMemberships}. */
export function getTrialComponentMemberships(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<TrialComponent>> {
  return search(
    client,
    { resource: 'ExperimentTrialComponent', member: ({ TrialComponent }) => TrialComponent },
    options,
  );
}

/** The edge from a trial's experiment to the trial. */
export function trialMembershipRows(trial: Trial, origin: Origin): readonly EdgeRow[] {
  const to = required(trial.TrialArn, 'Trial.TrialArn', origin);
  const orderMs = required(trial.CreationTime, 'Trial.CreationTime', origin).getTime();
  const experiment = required(trial.ExperimentName, 'Trial.ExperimentName', origin);
  return [experimentEdge(to, experiment, orderMs)];
}

/** The edge from the experiment of this name to a trial. */
export function experimentEdge(trialArn: string, experiment: string, orderMs: number): EdgeRow {
  const from = siblingArn(trialArn, 'experiment', experiment);
  return membershipRow(from, MEMBERSHIP_LABELS.experimentToTrial, trialArn, orderMs);
}

/** The edges from the trials that a component belongs to; none for a component outside trials. */
export function trialComponentMembershipRows(component: TrialComponent, origin: Origin): readonly EdgeRow[] {
  const to = required(component.TrialComponentArn, 'TrialComponent.TrialComponentArn', origin);
  const orderMs = required(component.CreationTime, 'TrialComponent.CreationTime', origin).getTime();
  return (component.Parents ?? []).map((parent) => {
    const trial = required(parent.TrialName, 'TrialComponent.Parents.TrialName', origin);
    return membershipRow(siblingArn(to, 'trial', trial), MEMBERSHIP_LABELS.trialToComponent, to, orderMs);
  });
}

/**
 * The ARN that an experiment or trial of this name has beside the given one, or the name itself where that is no ARN.
 * Names are not case-sensitive, so its spelling is settled against the listed ARNs later.
 */
export function siblingArn(arn: string, kind: 'experiment' | 'trial', name: string): string {
  const parts = parseArn(arn);
  if (parts === undefined) return name;
  const { partition, service, region, account } = parts;
  return `arn:${partition}:${service}:${region}:${account}:${KINDS[kind].resourceType}/${name}`;
}

function membershipRow(from: string, label: MembershipLabel, to: string, orderMs: number): EdgeRow {
  return {
    id: edgeId(from, label, to),
    from,
    to,
    label,
    orderMs,
    cells: {
      creationtime: undefined,
      sourcetype: undefined,
      destinationtype: undefined,
      sourcename: undefined,
      destinationname: undefined,
      createdby: undefined,
    },
  };
}
