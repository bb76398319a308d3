/** What lib/ and the addon agree on: kInterface in native/addon/interface.h, which tells when to raise both. */
export const INTERFACE = 5;
