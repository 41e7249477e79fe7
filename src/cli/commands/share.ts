import { InvalidArgumentError } from 'commander';
import { LineageError } from '../../errors.ts';
import { type TableColumn, textTable } from '../../render/text-table.ts';
import { awsConfig } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import { type AwsOptions, type CommonOptions, withAwsOptions } from '../options.ts';

/* `groups`, `share`: whose lineage an account may see. */

type SharingCommandOptions = CommonOptions & AwsOptions;

const GROUP = 'sagemaker-default-lineage-group';

const describeGroupCommand = {
  name: 'describe',
  summary: 'say all that SageMaker tells of a lineage group',
  example: 'smlineage groups describe',
  outputs: ['json'],
  configure: (command) => withAwsOptions(command, 'SageMaker').argument('[name]', 'of the group', GROUP),
  async run(context, [name]: readonly [string], options: SharingCommandOptions) {
    const { describeGroup } = await import('../../sharing/groups.ts');
    await withClients(options, context, async (clients) => {
      context.terminal.print(JSON.stringify(await describeGroup(clients, name), null, 2));
    });
  },
} satisfies CommandSpec;

const groupPolicyCommand = {
  name: 'policy',
  summary: 'show the resource policy of a lineage group: null where it is shared with nobody',
  example: 'smlineage groups policy',
  outputs: ['json'],
  configure: (command) => withAwsOptions(command, 'SageMaker').argument('[name]', 'of the group', GROUP),
  async run(context, [name]: readonly [string], options: SharingCommandOptions) {
    const { groupPolicy } = await import('../../sharing/groups.ts');
    await withClients(options, context, async (clients) => {
      const policy = await groupPolicy(clients, name);
      context.terminal.print(policy === null ? 'null' : JSON.stringify(JSON.parse(policy), null, 2));
    });
  },
} satisfies CommandSpec;

export const groupsCommand = {
  name: 'groups',
  summary: 'list the lineage groups of an account, and whom they are shared with',
  example: 'smlineage groups',
  configure: (command) => withAwsOptions(command, 'SageMaker'),
  async run(context, _args: readonly [], options: SharingCommandOptions) {
    const { listGroups } = await import('../../sharing/groups.ts');
    await withClients(options, context, async (clients) => {
      const groups = await listGroups(clients);
      const rows = groups.map(({ arn, createdAt = '', sharedWith }) => {
        const principals = sharedWith.map(({ principal, status }) => `${principal} ${status}`);
        return [arn, createdAt, principals.join(', ') || 'nobody'];
      });
      print(context, options, groups, { columns: GROUP_COLUMNS, rows });
    });
  },
  subcommands: [describeGroupCommand, groupPolicyCommand],
} satisfies CommandSpec;

const shareCreateCommand = {
  name: 'create',
  summary: 'share all lineage of this account with another, which has to accept',
  example: 'smlineage share create --to 210987654321',
  configure: (command) =>
    withAwsOptions(command, 'SageMaker')
      .requiredOption('--to <account>', 'the account that may see the lineage', accountId)
      .option('--name <name>', 'what the resource share is called', 'sagemaker-lineage'),
  async run(
    context,
    _args: readonly [],
    options: SharingCommandOptions & { readonly to: string; readonly name: string },
  ) {
    const { createShare } = await import('../../sharing/shares.ts');
    const { to, name } = options;
    await withClients(options, context, async (clients) => {
      const created = await createShare({ ...clients, to, name });
      const text = created.isNew
        ? `${created.groupArn} shared with account ${to}, which has to accept: smlineage share accept --from its owner`
        : `${created.groupArn} is shared with account ${to} already: ${created.shareArn}`;
      context.terminal.print(options.output === 'json' ? JSON.stringify(created, null, 2) : text);
    });
  },
} satisfies CommandSpec;

const shareDeleteCommand = {
  name: 'delete',
  summary: 'no longer share the lineage of this account with another',
  example: 'smlineage share delete --from 210987654321',
  configure: (command) =>
    withAwsOptions(command, 'SageMaker').requiredOption(
      '--from <account>',
      'the account that is to see the lineage no longer',
      accountId,
    ),
  async run(context, _args: readonly [], options: SharingCommandOptions & { readonly from: string }) {
    const { deleteShare } = await import('../../sharing/shares.ts');
    const { from } = options;
    await withClients(options, context, async (clients) => {
      const deleted = await deleteShare({ ...clients, from });
      const text = `Account ${from} no longer sees ${deleted[0]?.groupArn}: taken out of ${deleted.map(({ shareArn }) => shareArn).join(', ')}`;
      context.terminal.print(options.output === 'json' ? JSON.stringify(deleted, null, 2) : text);
    });
  },
} satisfies CommandSpec;

const shareListCommand = {
  name: 'list',
  summary: 'list what this account shares, what is shared with it, and invitations that wait',
  example: 'smlineage share list',
  configure: (command) => withAwsOptions(command, 'SageMaker'),
  async run(context, _args: readonly [], options: SharingCommandOptions) {
    const { listShares } = await import('../../sharing/shares.ts');
    await withClients(options, context, async (clients) => {
      const shares = await listShares(clients);
      const rows = shares.map((share) => [share.direction, share.status, share.owner, share.name, share.arn]);
      print(context, options, shares, { columns: SHARE_COLUMNS, rows });
    });
  },
} satisfies CommandSpec;

const shareAcceptCommand = {
  name: 'accept',
  summary: 'accept the lineage that another account shares with this one',
  example: 'smlineage share accept --from 123456789012',
  configure: (command) =>
    withAwsOptions(command, 'SageMaker').requiredOption(
      '--from <account>',
      'the account that shares',
      accountId,
    ),
  async run(context, _args: readonly [], options: SharingCommandOptions & { readonly from: string }) {
    const { acceptShares } = await import('../../sharing/shares.ts');
    const { from } = options;
    await withClients(options, context, async (clients) => {
      const accepted = await acceptShares({ ...clients, from });
      const text =
        accepted.length === 0
          ? `Account ${from} shares already.`
          : `Accepted from account ${from}: ${accepted.map(({ shareArn }) => shareArn).join(', ')}`;
      context.terminal.print(options.output === 'json' ? JSON.stringify(accepted, null, 2) : text);
    });
  },
} satisfies CommandSpec;

export const shareCommand = {
  name: 'share',
  summary: 'share lineage with other accounts (AWS RAM)',
  example: 'smlineage share list',
  configure: (command) => command,
  async run() {
    throw new LineageError(
      'usage',
      'Expected `share create`, `share list`, `share accept` or `share delete`.',
      {
        hint: 'smlineage share --help shows them.',
      },
    );
  },
  subcommands: [shareCreateCommand, shareListCommand, shareAcceptCommand, shareDeleteCommand],
} satisfies CommandSpec;

const GROUP_COLUMNS: readonly TableColumn[] = [
  { title: 'group' },
  { title: 'created' },
  { title: 'shared with' },
];

const SHARE_COLUMNS: readonly TableColumn[] = [
  { title: 'direction' },
  { title: 'status' },
  { title: 'owner' },
  { title: 'name' },
  { title: 'share' },
];

function print(
  { terminal }: Context,
  { output }: CommonOptions,
  value: unknown,
  { columns, rows }: { readonly columns: readonly TableColumn[]; readonly rows: readonly string[][] },
): void {
  terminal.print(
    output === 'json' ? JSON.stringify(value, null, 2) : textTable(columns, rows, terminal.width),
  );
}

function accountId(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected an account id: twelve digits.');
}

async function withClients(
  options: SharingCommandOptions,
  { env, signal }: Context,
  act: (clients: {
    readonly sagemaker: import('@aws-sdk/client-sagemaker').SageMakerClient;
    readonly ram: import('@aws-sdk/client-ram').RAMClient;
    readonly signal: AbortSignal;
  }) => Promise<void>,
): Promise<void> {
  const { RAMClient } = await import('@aws-sdk/client-ram');
  const { SageMakerClient } = await import('@aws-sdk/client-sagemaker');
  const config = await awsConfig(options, env);
  const endpoint = options.endpointUrl === undefined ? {} : { endpoint: options.endpointUrl };
  const sagemaker = new SageMakerClient({ ...config, ...endpoint, maxAttempts: 10 });
  const ram = new RAMClient({ ...config, maxAttempts: 10 });
  try {
    await act({ sagemaker, ram, signal });
  } finally {
    sagemaker.destroy();
    ram.destroy();
  }
}
