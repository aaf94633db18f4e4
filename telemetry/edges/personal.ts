/** Beside what no log line says either (`isSecretName`): parts of names whose values are somebody's secret, a person's or their money. */
const WORDS = [
  // what lets somebody in; `author` is none of it
  ['pwd', 'pass(?:phrase|code)', '^pass$', 'pin$', 'pincode', '^otp', 'otp$', 'auth(?!or)', 'jwt', 'credential'],
  ['session', 'signature', 'private', '(?:access|api|encryption|signing)key', 'securitycode', 'securityanswer'],
  // who somebody is
  ['(?:first|last|full|middle|given|family|maiden|sur|user|nick)name', 'birth', '^dob', 'dob$', 'passport'],
  ['ssn', 'socialsecurity', 'nationalid', 'nationalinsurance', 'taxid', 'driv(?:ers?|ing)licen[cs]e'],
  // where somebody is found
  ['mail', 'phone', 'mobile', '^tel$', '^fax', 'address', '^ip$', 'street', 'post(?:al)?code', '^zip', 'zip(?:code)?$'],
  // money
  ['card', 'cvv', 'cvc', 'iban', '^bic$', 'account(?:number|no$)', 'sortcode', 'routingnumber'],
].flat();

const PERSONAL = new RegExp(WORDS.join('|'));

/** A field's name without what people write differently: `Account-Number`, `account_number` and `accountNumber` are one. */
export const plainName = (field: string): string => field.toLowerCase().replaceAll(/[-_.\s]/g, '');

/** True for a field, its name as `plainName` gives it, of which only the owner should know the value. */
export const isPersonalName = (plain: string): boolean => PERSONAL.test(plain);

/** Bounded, because whoever sends the text chooses it: a run of letters without an `@` would be searched from each of them to its end. */
const IN_TEXT: [RegExp, string][] = [
  [/[\p{L}\d._%+'-]{1,64}@[\p{L}\d.-]{1,255}/gu, '***@***'],
  [/(?<![\w+])\+\d(?:[ ()/.-]{0,2}\d){6,14}/g, '+***'],
  [/\beyJ[\w-]{5,}(?:\.[\w-]*){1,2}/g, '***'],
  // The parameters of a URL, with or without its host; then a query or fragment that has no names.
  [/([?&#;][\w.%[\]-]{1,64}=)[^&#;\s"'<>]+/g, '$1***'],
  [/(:\/\/[^\s"'<>?#]{1,512}[?#])[^\s"'<>=]+(?=[\s"'<>]|$)/g, '$1***'],
];

/** A text without the e-mail addresses, international phone numbers, JSON web tokens and values of URL parameters in it. */
export const impersonal = (text: string): string =>
  IN_TEXT.reduce((clean, [pattern, mask]) => clean.replace(pattern, mask), text);
