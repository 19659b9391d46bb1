{{/* The webhook configurations, each from a dictionary: `root`, its own `name`, and the `authority` to put in. */}}

{{- define "webhook.configuration.validating" -}}
{{- $modes := list "enforce" "warn" "audit" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  {{- include "webhook.configurationMetadata" (dict "root" .root "name" .name) | nindent 2 }}
webhooks:
{{- range $mode := prepend $modes "" }}
- name: {{ empty $mode | ternary "validate" (printf "%s.validate" $mode) }}.neo4jbackup.github.io
  admissionReviewVersions: [v1]
  clientConfig:
    {{- include "webhook.clientConfig" (dict "root" $.root "path" (empty $mode | ternary "/validate" (printf "/validate/%s" $mode)) "authority" $.authority) | nindent 4 }}
  failurePolicy: {{ $.root.Values.validating.failurePolicy }}
  matchPolicy: Equivalent
  sideEffects: None
  timeoutSeconds: {{ $.root.Values.validating.timeoutSeconds }}
  rules:
  - apiGroups: [neo4j.neo4j.com]
    apiVersions: [v1alpha1, v1beta1]
    operations: [CREATE, UPDATE]
    resources:
    - neo4jbackups
    - neo4jrestores
    - neo4jdatabases
    - neo4jshardeddatabases
    - neo4jenterpriseclusters
    - neo4jenterprisestandalones
    scope: Namespaced
  namespaceSelector:
    matchExpressions:
    {{- include "webhook.outside" $.root | nindent 4 }}
    - key: neo4jbackup.github.io/mode
      {{- if empty $mode }}
      operator: NotIn
      values: [{{ join ", " $modes }}]
      {{- else }}
      operator: In
      values: [{{ $mode }}]
      {{- end }}
  objectSelector: {}
  matchConditions:
  # Finalizers, labels, annotations and status never wait for the webhook.
  - name: spec-is-new
    expression: >-
      request.operation == 'CREATE' ||
      (has(object.spec) ? !has(oldObject.spec) || object.spec != oldObject.spec : has(oldObject.spec))
  - name: not-being-deleted
    expression: "!has(object.metadata.deletionTimestamp)"
  {{- with $.root.Values.validating.matchConditions }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "webhook.configuration.mutating" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  {{- include "webhook.configurationMetadata" (dict "root" .root "name" .name) | nindent 2 }}
webhooks:
- name: mutate.neo4jbackup.github.io
  admissionReviewVersions: [v1]
  clientConfig:
    {{- include "webhook.clientConfig" (dict "root" $.root "path" "/mutate" "authority" $.authority) | nindent 4 }}
  failurePolicy: {{ .root.Values.mutating.failurePolicy }}
  matchPolicy: Equivalent
  # A webhook behind this one may add what more can be filled in for.
  reinvocationPolicy: IfNeeded
  sideEffects: None
  timeoutSeconds: {{ .root.Values.mutating.timeoutSeconds }}
  rules:
  - apiGroups: [neo4j.neo4j.com]
    apiVersions: [v1alpha1, v1beta1]
    operations: [CREATE]
    resources: [neo4jbackups, neo4jrestores, neo4jenterpriseclusters, neo4jenterprisestandalones]
    scope: Namespaced
  namespaceSelector:
    matchExpressions:
    {{- include "webhook.outside" .root | nindent 4 }}
  objectSelector: {}
  {{- with .root.Values.mutating.matchConditions }}
  matchConditions:
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "webhook.configuration.workloads" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  {{- include "webhook.configurationMetadata" (dict "root" .root "name" .name) | nindent 2 }}
webhooks:
- name: workloads.mutate.neo4jbackup.github.io
  admissionReviewVersions: [v1]
  clientConfig:
    {{- include "webhook.clientConfig" (dict "root" $.root "path" "/mutate" "authority" $.authority) | nindent 4 }}
  failurePolicy: {{ .root.Values.workloads.failurePolicy }}
  matchPolicy: Equivalent
  reinvocationPolicy: IfNeeded
  sideEffects: None
  timeoutSeconds: {{ .root.Values.mutating.timeoutSeconds }}
  rules:
  - apiGroups: [batch]
    apiVersions: [v1]
    operations: [CREATE]
    resources: [jobs, cronjobs]
    scope: Namespaced
  namespaceSelector:
    matchExpressions:
    {{- include "webhook.outside" .root | nindent 4 }}
  # What the operator makes for backups and restores, and what its CronJobs make of it; no other Job leaves the API server.
  objectSelector:
    matchExpressions:
    - key: app.kubernetes.io/name
      operator: In
      values: [neo4j-backup, neo4j-restore]
    - key: app.kubernetes.io/managed-by
      operator: In
      values: [neo4j-operator]
{{- end -}}

{{- define "webhook.configuration.serviceAccounts" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  {{- include "webhook.configurationMetadata" (dict "root" .root "name" .name) | nindent 2 }}
webhooks:
- name: serviceaccounts.mutate.neo4jbackup.github.io
  admissionReviewVersions: [v1]
  clientConfig:
    {{- include "webhook.clientConfig" (dict "root" $.root "path" "/mutate" "authority" $.authority) | nindent 4 }}
  failurePolicy: {{ .root.Values.serviceAccounts.failurePolicy }}
  matchPolicy: Equivalent
  reinvocationPolicy: IfNeeded
  sideEffects: None
  timeoutSeconds: {{ .root.Values.mutating.timeoutSeconds }}
  rules:
  - apiGroups: [""]
    apiVersions: [v1]
    operations: [CREATE]
    resources: [serviceaccounts]
    scope: Namespaced
  namespaceSelector:
    matchExpressions:
    {{- include "webhook.outside" .root | nindent 4 }}
  objectSelector: {}
  # The two that the operator runs backups and restores with; no other ServiceAccount leaves the API server.
  matchConditions:
  - name: account-of-the-operator
    expression: has(object.metadata.name) && object.metadata.name in ['neo4j-backup-sa', 'neo4j-restore-sa']
{{- end -}}
