/** The commands of `docker` by name, and the groups that have them under newer names. */
import type { DockerEntry } from './command.ts';

export const COMMANDS: Record<string, DockerEntry> = {
  build: { load: () => import('./build.ts'), short: 'Build an image from a Dockerfile' },
  exec: { load: () => import('./exec.ts'), short: 'Execute a command in a running container' },
  history: { load: () => import('./history.ts'), short: 'Show the history of an image' },
  images: { load: () => import('./images.ts'), short: 'List images' },
  inspect: { load: () => import('./inspect.ts'), short: 'Return low-level information on Docker objects' },
  kill: { load: () => import('./kill.ts'), short: 'Kill one or more running containers' },
  logs: { load: () => import('./logs.ts'), short: 'Fetch the logs of a container' },
  pause: {
    load: () => import('./pause.ts'),
    short: 'Pause all processes within one or more containers',
  },
  port: { load: () => import('./port.ts'), short: 'List port mappings for the container' },
  ps: { load: () => import('./ps.ts'), short: 'List containers' },
  pull: { load: () => import('./pull.ts'), short: 'Download an image from a registry' },
  push: { load: () => import('./push.ts'), short: 'Upload an image to a registry' },
  restart: { load: () => import('./restart.ts'), short: 'Restart one or more containers' },
  rm: { load: () => import('./rm.ts'), short: 'Remove one or more containers' },
  rmi: { load: () => import('./rmi.ts'), short: 'Remove one or more images' },
  run: { load: () => import('./run.ts'), short: 'Create and run a new container from an image' },
  start: { load: () => import('./start.ts'), short: 'Start one or more stopped containers' },
  stop: { load: () => import('./stop.ts'), short: 'Stop one or more running containers' },
  tag: {
    load: () => import('./tag.ts'),
    short: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
  },
  unpause: {
    load: () => import('./unpause.ts'),
    short: 'Unpause all processes within one or more containers',
  },
  version: { load: () => import('./version.ts'), short: 'Show the Docker version information' },
  wait: {
    load: () => import('./wait.ts'),
    short: 'Block until one or more containers stop, then print their exit codes',
  },
};

/** Commands that only a group has. */
export const GROUPED: Record<string, DockerEntry> = {
  'network connect': {
    load: () => import('./network-connect.ts'),
    short: 'Connect a container to a network',
  },
  'network disconnect': {
    load: () => import('./network-disconnect.ts'),
    short: 'Disconnect a container from a network',
  },
};

/** `docker image ls` → `images`: the name in `COMMANDS` by the name in the group. */
export const GROUPS: Record<string, { short: string; commands: Record<string, string> }> = {
  builder: { short: 'Manage builds', commands: { build: 'build' } },
  buildx: { short: 'Docker Buildx', commands: { build: 'build' } },
  container: {
    short: 'Manage containers',
    commands: {
      exec: 'exec',
      inspect: 'inspect',
      kill: 'kill',
      logs: 'logs',
      ls: 'ps',
      pause: 'pause',
      port: 'port',
      restart: 'restart',
      rm: 'rm',
      run: 'run',
      start: 'start',
      stop: 'stop',
      unpause: 'unpause',
      wait: 'wait',
    },
  },
  image: {
    short: 'Manage images',
    commands: {
      build: 'build',
      history: 'history',
      inspect: 'inspect',
      ls: 'images',
      pull: 'pull',
      push: 'push',
      rm: 'rmi',
      tag: 'tag',
    },
  },
  network: {
    short: 'Manage networks',
    commands: { connect: 'network connect', disconnect: 'network disconnect' },
  },
};
