/** The trial that is looked at; part of the address, so that it outlives the page. */
export interface RulesView {
  trial?: string;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function rulesView({ trial }: Record<string, unknown>): RulesView {
  return typeof trial === 'string' && ID.test(trial) ? { trial } : {};
}
