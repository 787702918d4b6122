import type { Resource } from './resource.ts'

export const schemas: Resource = () => {}
