/** What a graph that holds `smallAccount` of `written-run.ts` counts by label, beside the run's manifest. */
export const SMALL_COUNTS = {
  vertices: {
    action: { manifest: 1, graph: 1 },
    artifact: { manifest: 4, graph: 4 },
    context: { manifest: 1, graph: 1 },
    external: { manifest: 1, graph: 1 },
    trial: { manifest: 1, graph: 1 },
    trial_component: { manifest: 2, graph: 2 },
  },
  edges: {
    AssociatedWith: { manifest: 1, graph: 1 },
    ContributedTo: { manifest: 4, graph: 4 },
    DerivedFrom: { manifest: 1, graph: 1 },
    HasTrialComponent: { manifest: 2, graph: 2 },
    Produced: { manifest: 2, graph: 2 },
  },
};
