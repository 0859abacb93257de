/** Languages of parakeet-tdt-0.6b-v3. The other published Parakeet models know one language. */
export const parakeetLanguages: readonly string[] =
  "bg hr cs da nl en et fi fr de el hu it lv lt mt pl pt ro sk sl es sv ru uk".split(" ");
