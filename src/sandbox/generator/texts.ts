/*
 * The words of the account: what its people call things, and what the tools around them leave behind. Tables only.
 */

type Table<Row = string> = readonly [Row, ...Row[]];

/** What the teams predict. */
export const USE_CASES: Table = [
  'churn-prediction',
  'fraud-scoring',
  'demand-forecast',
  'product-ranking',
  'credit-risk',
  'ticket-routing',
  'image-moderation',
  'claims-triage',
  'price-elasticity',
  'defect-detection',
  'search-relevance',
  'ad-click-rate',
  'energy-load',
  'route-eta',
  'document-ocr',
  'speech-intent',
  'lead-scoring',
  'stock-replenishment',
  'sensor-anomaly',
  'bert-reviews',
];

export const MARKETS: Table = [
  'eu',
  'us',
  'apac',
  'latam',
  'dach',
  'nordics',
  'global',
  'b2b',
  'retail',
  'mobile',
];

/** Who owns data and models, as properties and tags say. */
export const TEAMS: Table = ['growth', 'risk', 'supply', 'search', 'platform', 'R+D Nord'];

/** User profiles of the Studio domain. */
export const PEOPLE: Table = [
  'ana-souza',
  'bjorn-dahl',
  'chen-wei',
  'dara-okafor',
  'elif-yilmaz',
  'farid-haddad',
  'grace-hopper-2',
  'default-1609278631',
  'intern-07',
  'mlops-bot',
];

/** Framework images: account of the registry, repository, tag, and what they serve. The first ones are the popular ones. */
export const FRAMEWORK_IMAGES: Table<readonly [registry: string, image: string]> = [
  ['683313688378', 'sagemaker-scikit-learn:1.2-1-cpu-py3'],
  ['683313688378', 'sagemaker-xgboost:1.7-1'],
  ['763104351884', 'pytorch-training:2.1.0-gpu-py310-cu121-ubuntu20.04-sagemaker'],
  ['763104351884', 'tensorflow-training:2.1.0-cpu-py3'],
  ['763104351884', 'huggingface-pytorch-training:2.1.0-transformers4.36.0-gpu-py310'],
  ['763104351884', 'pytorch-inference:2.1.0-cpu-py310'],
  ['763104351884', 'tensorflow-inference:2.13-cpu'],
  ['173754725891', 'sagemaker-spark-processing:3.3-cpu-py39-v1'],
  ['683313688378', 'sagemaker-sklearn-automl:2.5-1-cpu-py3'],
  ['811284229777', 'linear-learner:1'],
  ['811284229777', 'blazingtext:latest'],
  ['522234722520', 'forecasting-deepar:1'],
  ['156813124566', 'sagemaker-model-monitor-analyzer'],
  ['205585389593', 'sagemaker-clarify-processing:1.0'],
  ['763104351884', 'autogluon-training:0.8.2-gpu-py39'],
  ['763104351884', 'djl-inference:0.27.0-deepspeed0.12.6-cu121'],
  ['503895931360', 'sagemaker-debugger-rules:latest'],
  ['382416733822', 'factorization-machines:1'],
];

/** What the data platform offers to everyone; the first ones are used by most. */
export const SHARED_DATASETS: Table = [
  'customers/snapshot',
  'orders/daily',
  'clickstream/sessions',
  'product-catalogue',
  'transactions/cleared',
  'weather/hourly',
  'support-tickets',
  'exchange-rates',
  'telemetry/raw',
  'claims/history',
  'public/mnist',
  'reviews/parquet',
];

/**
 * Path pieces that people really type and that a writer of CSV, Gremlin, HTML or a spreadsheet must survive. An `id` is
 * put in front, so that the sources stay distinct.
 */
export const AWKWARD_PATHS: Table = [
  'Kundendaten 2021, "final" (2).csv',
  "it's the good one.parquet",
  'q3;v2;region=eu/part-00000',
  '数据/训练集 v2.parquet',
  '📊/🚀 launch/données été.csv',
  'بيانات/تدريب.csv',
  'עברית/נתונים.csv',
  'C:\\Users\\intern\\Desktop\\train.csv',
  '$LATEST/\u0024{env}/$(date)/x.csv',
  '  two leading and two trailing spaces  ',
  'a, b, c/"quoted"/d',
  "=HYPERLINK('http://example.com','x')",
  '<script>alert(1)</script>/train.csv',
  'tab\there/and%20percent%2Cescapes',
  '100%/~tilde/#hash?query=1&b=2',
  'line\nbreak.csv',
  "').drop();g.V('",
  'e\u0301 combining and \u00e9 composed, zero\u200bwidth',
];

/** Values of properties, parameters, descriptions and display names from the same people. */
export const AWKWARD_TEXTS: Table = [
  'said "ship it", then left',
  "O'Brien's model; do not touch",
  'first line\nsecond line\r\nthird line',
  '模型 第二版',
  'نموذج الاحتيال',
  'דירוג אשראי \u202eabc\u202c',
  '🔥 best so far 🔥',
  '👩‍👩‍👧‍👦 family plan',
  '  padded  ',
  'back\\slash \\n not a newline \\',
  '$5.00 or \u0024{price}',
  'a,b;c:d|e\tf',
  '{"json": ["inside", 1, null]}',
  '<b>bold</b> & <script>alert("x")</script>',
  '=SUM(A1:A9)',
  '@import, +1, -1',
  'None',
  'null',
  // 120 characters, the most that a display name may have.
  'long '.repeat(24),
];

/** What SageMaker says of a job that ended well. */
export const COMPLETED_MESSAGES = {
  training: 'Status: Completed, secondary status: Completed, failure reason: .',
  processing: 'Status: Completed, exit message: null, failure reason: null',
  transform: 'Status: Completed, failure reason: null',
} as const;

/** Failure reasons, as containers and the service write them. */
export const FAILURES: Table = [
  'AlgorithmError: framework error: \nTraceback (most recent call last):\n  File "/opt/ml/code/train.py", line 88, in <module>\n    model.fit(x, y)\nValueError: could not convert string to float: \'N/A\'\n, exit code: 1',
  'ClientError: Data download failed: Access denied for "s3://other-team/private/", code 403; retry later',
  'InternalServerError: We encountered an internal error. Please try again.',
  'CapacityError: Unable to provision requested ML compute capacity: ml.p4d.24xlarge x 8.',
  'AlgorithmError: ExecuteUserScriptError:\r\nExitCode 137\r\nErrorMessage "Killed"\r\nCommand "/bin/sh -c ./run.sh $SM_HPS"',
  'ClientError: unable to read C:\\data\\train.csv: path \\\\share\\x not found',
  'Fehler: Schlüssel „größe“ fehlt, 期望 3 列, получено 2 🙁',
  'خطأ: الملف غير موجود, file: "بيانات.csv"',
  "assert loss == loss, 'loss is NaN'; $STEP=1200",
  '  leading and trailing spaces matter  ',
];

export const STOP_MESSAGES: Table = [
  'Status: Stopped, secondary status: Stopped, failure reason: .',
  'Status: Stopped, secondary status: MaxRuntimeExceeded, failure reason: .',
];

/** How deployments stand that are not simply completed. */
export const DEPLOYMENT_STATUSES: Table<string | undefined> = [
  'Failed',
  'InProgress',
  undefined,
  'Stopped',
  'Stopping',
  'Unknown',
];

export const INSTANCE_TYPES: Table = [
  'ml.m5.xlarge',
  'ml.m5.4xlarge',
  'ml.c5.2xlarge',
  'ml.g4dn.xlarge',
  'ml.p3.2xlarge',
];

/** Numbers that a double can hold and a careless writer cannot. */
export const AWKWARD_NUMBERS: Table<number> = [
  1e-7,
  1.7976931348623157e308,
  5e-324,
  2 ** 53 - 1,
  1e21,
  -0.1,
  123456789012345.67,
  -1e-300,
  0.1 + 0.2,
];
