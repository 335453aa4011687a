import type { LocalImage } from './launch.ts'

/** A command that runs in the place of an image that is not ours: with the task's environment, in a folder of its own. */
export interface ImageCommand {
  readonly command: readonly string[]
}

/** Ours by name first, then what is mapped to a command: by the image's name, in which `*` stands for anything. */
export const imageFinder = (
  images: Readonly<Record<string, LocalImage>> | ((image: string) => LocalImage | undefined),
  commands: Readonly<Record<string, ImageCommand>> = {},
): ((image: string) => LocalImage | undefined) => {
  const own = typeof images === 'function' ? images : (image: string) => images[image]
  return (image) => {
    const known = own(image)
    if (known) return known
    const [, mapped] = Object.entries(commands).find(([glob]) => fits(glob, image)) ?? []
    return mapped && { replacement: mapped.command }
  }
}

const fits = (glob: string, image: string): boolean => {
  const [head = '', ...rest] = glob.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${[head, ...rest].join('.*')}$`, 's').test(image)
}

/** As containerd names an image that was given short: with registry, library and tag. */
export const fullName = (image: string): string => {
  const tagged = /[:@][^/]*$/.test(image) ? image : `${image}:latest`
  const [first = ''] = tagged.split('/')
  if (!tagged.includes('/')) return `docker.io/library/${tagged}`
  return /[.:]/.test(first) || first === 'localhost' ? tagged : `docker.io/${tagged}`
}
