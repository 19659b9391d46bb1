{{/* The name of the chart. */}}
{{- define "webhook.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of the objects. Short enough for the suffixes that some get. The name of a Service has no dots and begins
with a letter, while that of a release may be `1e3` or `a.b`. */}}
{{- define "webhook.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $name = .Release.Name | replace "." "-" -}}
{{- if not (contains (include "webhook.name" .) $name) -}}
{{- $name = printf "%s-%s" $name (include "webhook.name" .) -}}
{{- end -}}
{{- if regexMatch "^[0-9]" $name -}}
{{- $name = printf "release-%s" $name -}}
{{- end -}}
{{- end -}}
{{- $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of an object that has no namespace: `<name>.<namespace of the release>`, so that releases of one name in two
namespaces have nothing in common. Takes the root, and a suffix such as "-workloads". */}}
{{- define "webhook.clusterName" -}}
{{- printf "%s%s.%s" (include "webhook.fullname" .root) (default "" .suffix) .root.Release.Namespace -}}
{{- end -}}

{{/* Labels that never change, because a Deployment cannot change its selector. */}}
{{- define "webhook.selectorLabels" -}}
app.kubernetes.io/name: {{ include "webhook.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "webhook.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{ include "webhook.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
app.kubernetes.io/part-of: neo4jbackup
# By which a release is found whose namespace is gone.
neo4jbackup.github.io/release-namespace: {{ .Release.Namespace | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* "true" or nothing: whether there is a server, and whether there are policies beside the guard. */}}
{{- define "webhook.server" -}}
{{- if has .Values.engine (list "webhook" "both") }}true{{ end -}}
{{- end -}}
{{- define "webhook.policies" -}}
{{- if has .Values.engine (list "policies" "both") }}true{{ end -}}
{{- end -}}

{{/* "true" or nothing: whether the server talks to the API server, and so needs a token. */}}
{{- define "webhook.token" -}}
{{- if or (eq .Values.tls.mode "self") .Values.references.enabled .Values.rbac.ensure }}true{{ end -}}
{{- end -}}

{{- define "webhook.serviceAccountName" -}}
{{- default (include "webhook.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "webhook.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "webhook.priorityClassName" -}}
{{- if .Values.priorityClass.create -}}
{{- default (include "webhook.clusterName" (dict "root" .)) .Values.priorityClass.name -}}
{{- else -}}
{{- .Values.priorityClass.name -}}
{{- end -}}
{{- end -}}

{{/* The Secret that the pods mount; in the mode "self" there is none to mount. */}}
{{- define "webhook.certificateSecret" -}}
{{- if eq .Values.tls.mode "existingSecret" -}}
{{- required "tls.existingSecret.name names the Secret with tls.crt and tls.key" .Values.tls.existingSecret.name -}}
{{- else -}}
{{- include "webhook.fullname" . }}-tls
{{- end -}}
{{- end -}}

{{/* The Secret that all replicas share in the mode "self". */}}
{{- define "webhook.authoritySecret" -}}
{{ include "webhook.fullname" . }}-ca
{{- end -}}

{{/* What every container is confined by: the restricted profile of Pod Security, and a root that cannot be written. */}}
{{- define "webhook.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}
{{- define "webhook.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The certificate of the mode "helm": the one that is there, else a new one. A dictionary of PEM texts, as YAML. */}}
{{- define "webhook.helmCertificate" -}}
{{- $name := include "webhook.certificateSecret" . -}}
{{- $there := (lookup "v1" "Secret" .Release.Namespace $name).data -}}
{{- if and $there (index $there "tls.crt") (index $there "tls.key") (index $there "ca.crt") -}}
certificate: {{ index $there "tls.crt" }}
key: {{ index $there "tls.key" }}
authority: {{ index $there "ca.crt" }}
{{- else -}}
{{- $service := printf "%s.%s.svc" (include "webhook.fullname" .) .Release.Namespace -}}
{{- $authority := genCA (printf "%s authority" (include "webhook.fullname" .)) 365 -}}
{{- $pair := genSignedCert $service nil (list $service (printf "%s.cluster.local" $service)) 365 $authority -}}
certificate: {{ $pair.Cert | b64enc }}
key: {{ $pair.Key | b64enc }}
authority: {{ $authority.Cert | b64enc }}
{{- end -}}
{{- end -}}

{{/* What pods of single tasks have in common. */}}
{{- define "webhook.taskPod" -}}
automountServiceAccountToken: true
enableServiceLinks: false
securityContext:
  {{- include "webhook.podSecurityContext" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
{{- define "webhook.taskContainer" -}}
image: {{ include "webhook.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
resources:
  requests:
    cpu: 10m
    memory: 16Mi
  limits:
    memory: 64Mi
securityContext:
  {{- include "webhook.securityContext" . | nindent 2 }}
{{- end -}}

{{- define "webhook.removalHook" -}}
helm.sh/hook: pre-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
{{- define "webhook.testHook" -}}
helm.sh/hook: test
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
{{- end -}}

{{/* The settings as the program reads them, as YAML. YAML takes an `off` without quotes for false. */}}
{{- define "webhook.settings" -}}
{{- $settings := deepCopy .Values.settings -}}
{{- range $rule, $level := .Values.settings.rules -}}
{{- $_ := set $settings.rules $rule (ternary $level "off" (kindIs "string" $level)) -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}
