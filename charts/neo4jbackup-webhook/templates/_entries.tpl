{{/* Parts of webhook entries. Every field that the API server would fill in is written, so that what is rendered is what
is stored and tools that compare the two find no difference. */}}

{{- define "webhook.clientConfig" -}}
service:
  name: {{ include "webhook.fullname" .root | quote }}
  namespace: {{ .root.Release.Namespace | quote }}
  path: {{ .path }}
  port: 443
{{- with .authority }}
caBundle: {{ . }}
{{- end }}
{{- end -}}

{{- define "webhook.outside" -}}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values:
    {{- range prepend .Values.excludedNamespaces .Release.Namespace | uniq }}
    - {{ . | quote }}
    {{- end }}
{{- end -}}

{{/* The authority to put in, base64, in the modes in which nobody else puts it in later. */}}
{{- define "webhook.authority" -}}
{{- if eq .Values.tls.mode "existingSecret" -}}
{{- required "tls.existingSecret.caBundle is the authority (PEM) of the certificate" .Values.tls.existingSecret.caBundle | b64enc -}}
{{- else if eq .Values.tls.mode "helm" -}}
{{- get .certificate "authority" -}}
{{- end -}}
{{- end -}}

{{- define "webhook.configurationMetadata" -}}
name: {{ .name | quote }}
labels:
  {{- include "webhook.labels" .root | nindent 2 }}
{{- if eq .root.Values.tls.mode "certManager" }}
annotations:
  cert-manager.io/inject-ca-from: {{ printf "%s/%s" .root.Release.Namespace (include "webhook.fullname" .root) | quote }}
{{- end }}
{{- end -}}

{{/* The names of the mutating configurations, one a line. What can be switched off has a configuration of its own: by
server-side apply an entry cannot be taken out of a list while somebody else, here the webhook with its caBundle, holds a
field of it. */}}
{{- define "webhook.mutatingNames" -}}
{{- $names := list -}}
{{- if .Values.mutating.enabled }}{{ $names = append $names (include "webhook.clusterName" (dict "root" .)) }}{{ end -}}
{{- range list "workloads" "serviceAccounts" -}}
{{- if (get $.Values .).enabled }}{{ $names = append $names (include "webhook.clusterName" (dict "root" $ "suffix" (printf "-%s" (lower .)))) }}{{ end -}}
{{- end -}}
{{- join "\n" $names -}}
{{- end -}}
