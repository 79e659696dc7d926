const NAME = /^[a-z0-9][a-z0-9_.@-]{0,62}$/;

/** Whether people may call a key, or the subject of a certificate, so: one word that can be seen and typed. */
export const isKeyName = (text: string): boolean => NAME.test(text);
