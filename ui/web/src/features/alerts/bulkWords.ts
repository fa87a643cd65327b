/** A deed on one alert or many, in words: what is asked, what the button says, and what was done. */
type OneOrMany = [one: string, many: string];

export const BULK_WORDS = {
  acknowledge: {
    title: ['Acknowledge this alert?', 'Acknowledge {count} alerts?'],
    verb: ['Acknowledge it', 'Acknowledge all {count}'],
    done: ['One alert was acknowledged.', '{count} alerts were acknowledged.'],
  },
  dismiss: {
    title: ['Dismiss this alert?', 'Dismiss {count} alerts?'],
    verb: ['Dismiss it', 'Dismiss all {count}'],
    done: ['One alert was dismissed.', '{count} alerts were dismissed.'],
  },
  snooze: {
    title: ['Snooze this alert?', 'Snooze {count} alerts?'],
    verb: ['Snooze it', 'Snooze all {count}'],
    done: ['One alert was snoozed.', '{count} alerts were snoozed.'],
  },
} satisfies Record<string, Record<'title' | 'verb' | 'done', OneOrMany>>;
export type BulkKind = keyof typeof BULK_WORDS;
