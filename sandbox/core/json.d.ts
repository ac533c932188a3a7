/** JSON is data of unknown shape: whoever imports it says what it is. */
declare module '*.json' {
  const value: unknown;
  export default value;
}
