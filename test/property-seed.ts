import fc from 'fast-check';

/* The gate asks every commit the same questions: what fails there is the commit's doing. `PROPERTY_SEED=random`, for the nightly suite, asks new ones. */

const { PROPERTY_SEED } = process.env;
if (PROPERTY_SEED !== 'random') fc.configureGlobal({ seed: Number(PROPERTY_SEED ?? 1) });
