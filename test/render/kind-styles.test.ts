import { expect, test } from 'vitest';
import { KIND_STYLES, kindOfLabel } from '../../src/render/kind-styles.ts';

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test.each(Object.entries(KIND_STYLES))('text on the colour of %s can be read', (_, { colour, text }) => {
  const [light = 1, dark = 0] = [luminance(colour), luminance(text)].sort((a, b) => b - a);

  expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5);
});

test('the colours of the first four are those of the SDK', () => {
  const { artifact, trial_component, action, context } = KIND_STYLES;

  expect([artifact, trial_component, action, context].map(({ colour }) => colour)).toEqual([
    '#146eb4',
    '#f6cf61',
    '#88c396',
    '#ff9900',
  ]);
});

test.each([
  ['artifact', 'artifact'],
  ['audited::context', 'context'],
  ['Airport', 'external'],
])('the label %s looks like %s', (label, kind) => {
  expect(kindOfLabel(label)).toBe(kind);
});
