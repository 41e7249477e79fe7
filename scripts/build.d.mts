export function buildIfStale(say: (line: string) => void): void;
