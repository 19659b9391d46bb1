{{/* Refuses ports that a pod cannot have, rather than let it wait for a place or fail to start for ever. */}}
{{- define "webhook.checkPorts" -}}
{{- if eq (int .Values.ports.https) (int .Values.ports.status) -}}
{{- fail (printf "ports.https and ports.status are both %d, and a pod can listen there only once: give them different ports" (int .Values.ports.https)) -}}
{{- end -}}
{{- if .Values.hostNetwork -}}
{{- $taken := dict "10248" "the kubelet (health)" "10249" "kube-proxy (metrics)" "10250" "the kubelet" "10255" "the kubelet (read-only)" "10256" "kube-proxy (health)" -}}
{{- range $value, $port := .Values.ports -}}
{{- with get $taken (toString (int $port)) -}}
{{- fail (printf "hostNetwork is true and ports.%s is %d, which on each node belongs to %s, so that no pod could start: set ports.%s to a port that is free on the nodes, such as %d, and let the API server reach it there" $value (int $port) . $value (eq $value "https" | ternary 9443 9081)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
