import type { Command } from 'commander';
import { LineageError } from '../errors.ts';

/** Flags that say nothing beside others, and when. */
export type IdleFlags = {
  /** As they are typed, without the hyphens in front. */
  readonly flags: readonly string[];
  /** Ends the sentence that begins "--tags says nothing": `of a run of summaries`. */
  readonly where: string;
  /** What to do in place of leaving the flag out. */
  readonly instead?: string;
  /**
   * By the values of all options, under the names that commander gives them, and by where each comes from: `cli`, `config`,
   * `default`, or undefined for one that has no value.
   */
  readonly isIdle: (
    options: Readonly<Record<string, unknown>>,
    sourceOf: (name: string) => string | undefined,
  ) => boolean;
};

/**
 * Refuses flags that would say nothing: whoever typed one meant something by it. What only the configuration file says is put
 * back to its default: it is there for other commands and other flags, too.
 *
 * @throws LineageError (usage)
 */
export function settleIdleFlags(command: Command, idle: readonly IdleFlags[]): void {
  const sourceOf = (name: string) => command.getOptionValueSource(name);
  for (const { flags, where, instead, isIdle } of idle) {
    if (!isIdle(command.opts(), sourceOf)) continue;
    for (const flag of flags) {
      const name = flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const source = sourceOf(name);
      // `--no-tags` only takes back what the file says.
      if (source === 'cli' && command.getOptionValue(name) !== false) throw idleError(flag, where, instead);
      if (source === 'config') command.setOptionValueWithSource(name, defaultOf(command, name), 'default');
    }
  }
}

function defaultOf(command: Command, name: string): unknown {
  return command.options.find((option) => option.attributeName() === name && !option.negate)?.defaultValue;
}

function idleError(flag: string, where: string, instead: string | undefined): LineageError {
  const hint = instead === undefined ? `Leave --${flag} out.` : `${instead}, or leave --${flag} out.`;
  return new LineageError('usage', `--${flag} says nothing ${where}.`, { hint, details: { flag } });
}
