export function median(outcomes, name) {
  const sorted = outcomes.map((outcome) => outcome[name]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function peak(outcomes) {
  return Math.max(...outcomes.map(({ peakBytes }) => peakBytes));
}

/** What a method cost, as cells of a table: the median of its rounds. */
export function costs(outcomes, more = {}) {
  return {
    'wall s': median(outcomes, 'seconds').toFixed(2),
    ...more,
    'CPU s': median(outcomes, 'cpuSeconds').toFixed(2),
    'peak RSS MB': (median(outcomes, 'peakBytes') / 1e6).toFixed(0),
  };
}

export function atLeast(figure, value, limit, digits = 2) {
  return {
    figure,
    value: value.toFixed(digits),
    limit: `>= ${limit}`,
    verdict: value >= limit ? 'ok' : 'MISSED',
  };
}

export function atMost(figure, value, limit, digits = 2) {
  return {
    figure,
    value: value.toFixed(digits),
    limit: `<= ${limit}`,
    verdict: value <= limit ? 'ok' : 'MISSED',
  };
}

export function count(number) {
  return number.toLocaleString('en-US');
}
