/** Whom an alert that nobody takes can be passed on to, in words; a person is named by their own. */
export const RECIPIENT_WORDS: Record<string, string> = {
  dispatcher: 'Every dispatcher',
  fleet_manager: 'Every fleet manager',
  platform_admin: 'Every platform administrator',
  webhooks: 'Other systems alone',
};
