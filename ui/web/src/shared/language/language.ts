/** The reader's language. An English sentence is its own key; a catalogue gives the sentence in another language. */
export type Catalogue = Readonly<Record<string, string>>;
export type Values = Readonly<Record<string, string | number>>;

let catalogue: Catalogue = {};
let locale = 'en-GB';
let numbers = new Intl.NumberFormat(locale);

/** Called before the first drawing, and never while something is on screen. */
export function speak(chosen: string, sentences: Catalogue): void {
  locale = chosen;
  numbers = new Intl.NumberFormat(locale);
  catalogue = sentences;
}

export function localeInUse(): string {
  return locale;
}

/** The sentence in the reader's language, `{name}` filled in; a sentence without a translation stays English. */
export function t(sentence: string, values?: Values): string {
  const found = catalogue[sentence] ?? sentence;
  return values ? found.replace(/\{(\w+)\}/g, (gap, name: string) => inWords(values[name], gap)) : found;
}

/** One of two sentences, each with `{count}` where the number goes. */
export function counted(count: number, one: string, many: string, values?: Values): string {
  return t(count === 1 ? one : many, { count, ...values });
}

/** A word as it stands within a sentence: English writes it small, German keeps its nouns. */
export function inSentence(word: string): string {
  return locale.startsWith('en') ? word.toLowerCase() : word;
}

function inWords(value: string | number | undefined, gap: string): string {
  return typeof value === 'number' ? numbers.format(value) : (value ?? gap);
}
