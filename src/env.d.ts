/// <reference types="astro/client" />
/// <reference types="vite/client" />

declare namespace App {
  interface Locals {
    /** Set by the lesson page before Starlight draws it. */
    lesson?: import('./lesson.ts').Lesson;
    /** The page draws its own `<h1>`. */
    ownTitle?: boolean;
  }
}
