/** German; see the glossary in CONTRIBUTING. */

import type { Texts } from '../language.svelte';
import { alerts } from './alerts';
import { amounts } from './amounts';
import { chart } from './chart';
import { compare } from './compare';
import { fields } from './fields';
import { findings } from './findings';
import { forms } from './forms';
import { frame } from './frame';
import { general } from './general';
import { jobs } from './jobs';
import { now } from './now';
import { parts } from './parts';
import { paths } from './paths';
import { probes } from './probes';
import { settings } from './settings';
import { shares } from './shares';
import { sites } from './sites';
import { states } from './states';
import { text } from './text';
import { tools } from './tools';
import { traffic } from './traffic';
import { workloads } from './workloads';

export const texts: Texts = {
  alerts,
  amounts,
  chart,
  compare,
  fields,
  findings,
  forms,
  frame,
  general,
  jobs,
  now,
  parts,
  paths,
  probes,
  settings,
  shares,
  sites,
  states,
  text,
  tools,
  traffic,
  workloads,
};
