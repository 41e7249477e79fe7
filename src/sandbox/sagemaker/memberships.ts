import type {
  AssociateTrialComponentRequest,
  AssociateTrialComponentResponse,
  DisassociateTrialComponentRequest,
  DisassociateTrialComponentResponse,
} from '@aws-sdk/client-sagemaker';
import type { Account } from './account.ts';
import type { Call } from './call.ts';
import { findEntity } from './lookup.ts';
import { notFound } from './refusal.ts';
import type { Checked } from './wire.ts';

/** Puts a component in a trial; a component may be in several. Once is enough: a second time changes nothing. */
export function associateTrialComponent(
  { account, now }: Call,
  request: Checked<AssociateTrialComponentRequest>,
): AssociateTrialComponentResponse {
  const { trial, component } = ends(account, request);
  if (account.memberships.between(trial.id, component.id) === undefined) {
    account.memberships.add(trial.id, component.id, now, 0);
    account.memo.clear();
  }
  return { TrialComponentArn: component.record.TrialComponentArn, TrialArn: trial.record.TrialArn };
}

export function disassociateTrialComponent(
  { account }: Call,
  request: Checked<DisassociateTrialComponentRequest>,
): DisassociateTrialComponentResponse {
  const { trial, component } = ends(account, request);
  const link = account.memberships.between(trial.id, component.id);
  if (link === undefined) {
    throw notFound(
      `TrialComponent '${request.TrialComponentName}' is not associated with Trial '${request.TrialName}'.`,
    );
  }
  account.memberships.remove(link);
  account.memo.clear();
  return { TrialComponentArn: component.record.TrialComponentArn, TrialArn: trial.record.TrialArn };
}

/** Ids of the trials that a component is in, in the order that it was put there. */
export function trialsOfComponent(account: Account, component: number): number[] {
  return account.memberships.reaching(component).map(account.memberships.from).reverse();
}

/** Ids of a trial's components, in the order that they were put there. */
export function componentsOfTrial(account: Account, trial: number): number[] {
  return account.memberships.leaving(trial).map(account.memberships.to).reverse();
}

function ends(account: Account, names: { readonly TrialName: string; readonly TrialComponentName: string }) {
  return {
    trial: findEntity(account, 'trial', names.TrialName),
    component: findEntity(account, 'trial_component', names.TrialComponentName),
  };
}
