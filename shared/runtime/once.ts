/** @returns what makes a value when it is first asked for, and gives the same one from then on; one that failed is tried again */
export const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
