/** A list of the API as a whole, page after page. */
interface PageOf<Item> {
  items: Item[];
  nextCursor: string | null;
}

export async function everyItem<Item>(pageAfter: (cursor: string | undefined) => Promise<PageOf<Item>>): Promise<Item[]> {
  const found: Item[] = [];
  let page = await pageAfter(undefined);
  found.push(...page.items);
  while (page.nextCursor !== null) {
    page = await pageAfter(page.nextCursor);
    found.push(...page.items);
  }
  return found;
}
