import { awsConfig, s3Client } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { type AwsOptions, type CommonOptions, wholeNumber, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';

type UploadOptions = CommonOptions & AwsOptions & { readonly to: string; readonly concurrency: number };

export const uploadCommand = {
  name: 'upload',
  summary: 'send a run directory to S3, its manifest last',
  example: 'smlineage upload lineage-export/20261121T041500.123Z --to s3://my-bucket/lineage',
  configure(command) {
    return withAwsOptions(command, 'S3')
      .argument('<directory>', 'run directory, as `export` printed it')
      .requiredOption('--to <s3-uri>', 'bucket and prefix; the run goes to <prefix>/runs/<run>/')
      .option('--concurrency <n>', 'files sent at the same time', wholeNumber(1, 100), 2);
  },
  async run({ env, terminal, signal }, [directory]: readonly [string], options: UploadOptions) {
    const { uploadRun } = await import('../../runs/upload.ts');
    const s3 = await s3Client(await awsConfig(options, env), options, env);
    try {
      const result = await uploadRun({
        s3,
        directory,
        to: options.to,
        concurrency: options.concurrency,
        signal,
        onProgress: ({ sentBytes, totalBytes }) =>
          terminal.progress(`${grouped(sentBytes)} of ${grouped(totalBytes)} bytes sent`),
      });
      const size = `${grouped(result.files)} files, ${grouped(result.bytes)} bytes`;
      const text = result.alreadyThere ? `Nothing to send: all ${size} are there` : `Sent ${size}`;
      terminal.log('upload.finished', text, { ...result });
      terminal.print(options.output === 'json' ? JSON.stringify(result, null, 2) : result.uri);
    } finally {
      s3.destroy();
    }
  },
} satisfies CommandSpec;
