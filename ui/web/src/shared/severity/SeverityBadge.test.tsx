import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { SeverityBadge } from './SeverityBadge';
import { SEVERITIES, SEVERITY_WORD, severityRank } from './severity';

test.each(SEVERITIES)('%s is told by a word and by a shape of its own, not by colour alone', (severity) => {
  const { container } = render(<SeverityBadge severity={severity} />);
  expect(screen.getByText(SEVERITY_WORD[severity])).toBeTruthy();
  const shape = container.querySelector('path')?.getAttribute('d');
  const others = SEVERITIES.filter((other) => other !== severity).map((other) => {
    const { container: drawn } = render(<SeverityBadge severity={other} />);
    return drawn.querySelector('path')?.getAttribute('d');
  });
  expect(others).not.toContain(shape);
});

test('the shape is hidden from screen readers, which read the word', () => {
  const { container } = render(<SeverityBadge severity="CRITICAL" />);
  expect(container.querySelector('svg')?.getAttribute('aria-hidden')).toBe('true');
});

test('critical ranks above all, none below all', () => {
  expect([...SEVERITIES].reverse().map(severityRank)).toEqual([1, 2, 3, 4]);
  expect(severityRank(null)).toBe(0);
});
