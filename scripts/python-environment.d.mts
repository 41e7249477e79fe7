export type PythonEnvironment = {
  readonly ready: boolean;
  readonly missing: readonly string[];
  readonly advice: string;
};

export function preparePythonEnvironment(options: {
  readonly root: string;
  readonly say: (line: string) => void;
}): PythonEnvironment;

export function prepareLinters(options: {
  readonly root: string;
  readonly say: (line: string) => void;
}): PythonEnvironment;

export function lintersDirectory(options: { readonly root: string }): string;

export function prepareStateMachines(options: {
  readonly root: string;
  readonly say: (line: string) => void;
}): PythonEnvironment;

export function stateMachinesDirectory(options: { readonly root: string }): string;

export function cacheDirectory(): string;
