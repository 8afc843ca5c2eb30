/** German; see the glossary in CONTRIBUTING. */

import type { Texts } from '../language.svelte';
import { alerts } from './alerts';
import { amounts } from './amounts';
import { chart } from './chart';
import { general } from './general';
import { compare } from './compare';
import { fields } from './fields';
import { findings } from './findings';
import { forms } from './forms';
import { frame } from './frame';
import { jobs } from './jobs';
import { parts } from './parts';
import { probes } from './probes';
import { shares } from './shares';
import { states } from './states';
import { text } from './text';
import { tools } from './tools';
import { traffic } from './traffic';
import { workloads } from './workloads';

export const texts: Texts = {
  alerts,
  amounts,
  chart,
  general,
  compare,
  fields,
  findings,
  forms,
  frame,
  jobs,
  parts,
  probes,
  shares,
  states,
  text,
  tools,
  traffic,
  workloads,
};
