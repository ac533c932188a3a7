/** The exams that exercises prepare for: domains by their code in `exercise.yaml`, with their weights. */
export interface ExamDomain {
  code: string;
  title: string;
  /** Of the exam, in percent. */
  weight: number;
}

export interface Exam {
  key: 'ckad' | 'kcna';
  name: string;
  source: string;
  domains: ExamDomain[];
}

/** Weights as published by the CNCF and the Linux Foundation, read in August 2026 (CKAD for Kubernetes 1.35). */
export const EXAMS: readonly Exam[] = [
  {
    key: 'ckad',
    name: 'Certified Kubernetes Application Developer (CKAD)',
    source: 'https://github.com/cncf/curriculum',
    domains: [
      { code: 'D', title: 'Application design and build', weight: 20 },
      { code: 'P', title: 'Application deployment', weight: 20 },
      { code: 'O', title: 'Application observability and maintenance', weight: 15 },
      { code: 'S', title: 'Application environment, configuration and security', weight: 25 },
      { code: 'N', title: 'Services and networking', weight: 20 },
    ],
  },
  {
    key: 'kcna',
    name: 'Kubernetes and Cloud Native Associate (KCNA)',
    source: 'https://github.com/cncf/curriculum',
    domains: [
      { code: 'F', title: 'Kubernetes fundamentals', weight: 44 },
      { code: 'C', title: 'Container orchestration', weight: 28 },
      { code: 'A', title: 'Cloud native application delivery', weight: 16 },
      { code: 'R', title: 'Cloud native architecture', weight: 12 },
    ],
  },
];
