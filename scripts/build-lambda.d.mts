export const FUNCTIONS: readonly string[];
export function buildLambda(to?: string): Promise<Readonly<Record<string, string>>>;
