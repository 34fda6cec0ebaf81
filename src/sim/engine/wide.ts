/**
 * First value of a field that outgrows 31 bits within a run; its real one follows at once. V8 keeps a field in the form of what was
 * first put there: from a small integer it would have to change the form in the middle of a run, compile all code anew that uses
 * the object, and that code would be slower ever after, for it has seen the object in two forms.
 */
export const WIDE = 0.5
