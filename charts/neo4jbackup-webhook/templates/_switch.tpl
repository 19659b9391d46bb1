{{/* What a switch of engines needs beside Helm's own order of work, found out by looking at the cluster. Helm applies what
is new, then deletes what is gone, and waits for neither to be in force. Where that would leave a window, two hooks stand
around it, with the plan that is made here: docs/webhook.md, "Switch engines". Without a cluster to look at there is none,
and everything is rendered plainly. */}}

{{/* "true" or nothing: whether an object in the cluster is of this release. */}}
{{- define "webhook.isOwn" -}}
{{- $annotations := dig "metadata" "annotations" dict .object -}}
{{- if and (eq (get $annotations "meta.helm.sh/release-name") .root.Release.Name) (eq (get $annotations "meta.helm.sh/release-namespace") .root.Release.Namespace) }}true{{ end -}}
{{- end -}}

{{/* The webhook configurations that there can be, in order: JSON with what they are called, which of them is asked for, and
which template writes it. */}}
{{- define "webhook.configurations" -}}
{{- $name := include "webhook.clusterName" (dict "root" .) -}}
{{- $workloads := include "webhook.clusterName" (dict "root" . "suffix" "-workloads") -}}
{{- $accounts := include "webhook.clusterName" (dict "root" . "suffix" "-serviceaccounts") -}}
{{- $server := eq (include "webhook.server" .) "true" -}}
{{- $all := list
  (dict "kind" "ValidatingWebhookConfiguration" "name" $name "values" "validating" "wanted" $server)
  (dict "kind" "MutatingWebhookConfiguration" "name" $name "values" "mutating" "wanted" (and $server .Values.mutating.enabled))
  (dict "kind" "MutatingWebhookConfiguration" "name" $workloads "values" "workloads" "wanted" (and $server .Values.workloads.enabled))
  (dict "kind" "MutatingWebhookConfiguration" "name" $accounts "values" "serviceAccounts" "wanted" (and $server .Values.serviceAccounts.enabled)) -}}
{{- dict "all" $all | toJson -}}
{{- end -}}

{{/* The plan, as JSON. `needed` says whether there is one; `raise` holds the `values` of the configurations that come by
the hooks and not with the other objects. */}}
{{- define "webhook.switch" -}}
{{- $plan := dict "needed" false "raise" list "hold" list "remove" list "awaitPolicies" false "awaitDefaults" false -}}
{{- if and .Values.hooks.switchEngines (lookup "v1" "Namespace" "" "kube-system") -}}
{{- $root := . -}}
{{- $api := "admissionregistration.k8s.io/v1" -}}
{{- $name := include "webhook.fullname" . -}}
{{- $server := eq (include "webhook.server" .) "true" -}}
{{- $policies := eq (include "webhook.policies" .) "true" -}}

{{- /* The policies of this release that are there. They go or lose their marks in this order, so that the last kind tells
whether something is left to do. Neither the guard nor the policy that holds our own account back is an engine. */ -}}
{{- $there := list -}}
{{- $marked := false -}}
{{- range list "ValidatingAdmissionPolicy" "MutatingAdmissionPolicy" "MutatingAdmissionPolicyBinding" "ValidatingAdmissionPolicyBinding" -}}
{{- $kind := . -}}
{{- $names := list -}}
{{- if and (or (eq $kind "ValidatingAdmissionPolicy") $there) ($root.Capabilities.APIVersions.Has (printf "%s/%s" $api $kind)) -}}
{{- range (lookup $api $kind "" "").items -}}
{{- $isMarked := eq (dig "metadata" "annotations" "helm.sh/resource-policy" "" .) "keep" -}}
{{- if and (not (regexMatch "^neo4jbackup-(guard|account)[.]" .metadata.name)) (or $isMarked (not $policies)) (include "webhook.isOwn" (dict "object" . "root" $root)) -}}
{{- $names = append $names .metadata.name -}}
{{- if $isMarked -}}{{- $marked = true -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $names -}}
{{- $there = prepend $there (dict "apiVersion" $api "kind" $kind "names" $names) -}}
{{- end -}}
{{- end -}}
{{- $leaving := ternary list $there $policies -}}

{{- /* Configurations that are there go by a hook. Those that are not there yet come by one where they must not count
before they are answered, or where policies wait for them. */ -}}
{{- $gone := list -}}
{{- $kept := ternary $there list $policies -}}
{{- $raise := list -}}
{{- range (include "webhook.configurations" . | fromJson).all -}}
{{- $stored := lookup $api .kind "" .name -}}
{{- $group := dict "apiVersion" $api "kind" .kind "names" (list .name) -}}
{{- if .wanted -}}
{{- $probed := dig "metadata" "annotations" "neo4jbackup.github.io/switch-probe" "" $stored -}}
{{- if and (or (not $stored) $probed) (or $leaving (eq (get (get $root.Values .values) "failurePolicy") "Fail")) -}}
{{- $raise = append $raise .values -}}
{{- $kept = append $kept $group -}}
{{- else if eq (dig "metadata" "annotations" "helm.sh/resource-policy" "" $stored) "keep" -}}
{{- $marked = true -}}
{{- $kept = append $kept $group -}}
{{- end -}}
{{- else if and $stored (not $server) (include "webhook.isOwn" (dict "object" $stored "root" $root)) -}}
{{- $gone = append $gone $group -}}
{{- end -}}
{{- end -}}

{{- $behind := list -}}
{{- range list (dict "apiVersion" "v1" "kind" "Service") (dict "apiVersion" "apps/v1" "kind" "Deployment") -}}
{{- $stored := lookup .apiVersion .kind $root.Release.Namespace $name -}}
{{- $group := merge (dict "namespace" $root.Release.Namespace "names" (list $name)) . -}}
{{- $isMarked := eq (dig "metadata" "annotations" "helm.sh/resource-policy" "" $stored) "keep" -}}
{{- if and $stored (include "webhook.isOwn" (dict "object" $stored "root" $root)) -}}
{{- if and (not $server) (or $gone $isMarked) -}}
{{- $behind = append $behind $group -}}
{{- else if and $server $isMarked -}}
{{- $marked = true -}}
{{- $kept = append $kept $group -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- if or $gone $behind $raise $marked -}}
{{- $_ := set $plan "needed" true -}}
{{- $_ := set $plan "raise" $raise -}}
{{- $_ := set $plan "hold" (concat $kept $gone $behind $leaving) -}}
{{- $stages := list -}}
{{- range list $gone $behind $leaving -}}
{{- if . -}}{{- $stages = append $stages . -}}{{- end -}}
{{- end -}}
{{- $_ := set $plan "remove" $stages -}}
{{- $_ := set $plan "awaitPolicies" (and $policies (gt (len $gone) 0)) -}}
{{- $_ := set $plan "awaitDefaults" (and .Values.mutating.enabled (semverCompare ">=1.36.0-0" .Capabilities.KubeVersion.Version)) -}}
{{- if has .Values.test.namespace (append .Values.excludedNamespaces .Release.Namespace) -}}
{{- fail (printf "test.namespace is %s, whose objects never reach the webhook, so that nothing sent there can show whether it is in force: name another namespace, or switch the hooks off by hooks.switchEngines=false" .Values.test.namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $plan -}}
{{- end -}}

{{- define "webhook.switchName" -}}
{{ include "webhook.fullname" . }}-switch
{{- end -}}

{{/* Hooks run with each verb of Helm that takes the release to this state, and when it is removed. */}}
{{- define "webhook.switchHook" -}}
helm.sh/hook: {{ .events }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-output-log-policy: hook-failed
{{- end -}}
{{- define "webhook.switchBefore" -}}
pre-install,pre-upgrade,pre-rollback
{{- end -}}
{{- define "webhook.switchAfter" -}}
post-install,post-upgrade,post-rollback
{{- end -}}
{{- define "webhook.switchAlways" -}}
{{ include "webhook.switchBefore" . }},{{ include "webhook.switchAfter" . }},pre-delete
{{- end -}}
