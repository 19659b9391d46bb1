{{/* Parts of webhook entries. Every field that the API server would fill in is written, so that what is rendered is what
is stored and tools that compare the two find no difference. */}}

{{- define "webhook.clientConfig" -}}
service:
  name: {{ include "webhook.fullname" .root }}
  namespace: {{ .root.Release.Namespace }}
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
    - {{ . }}
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
name: {{ include "webhook.fullname" . }}
labels:
  {{- include "webhook.labels" . | nindent 2 }}
{{- if eq .Values.tls.mode "certManager" }}
annotations:
  cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "webhook.fullname" . }}
{{- end }}
{{- end -}}
