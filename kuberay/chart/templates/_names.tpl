{{/* Forty characters leave room for what KubeRay appends to a RayService's name. */}}
{{- define "fleetguard.name" -}}
{{- if contains "fleetguard" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-fleetguard" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "fleetguard.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{/* (dict "root" $ "part" "api") */}}
{{- define "fleetguard.selector" -}}
app.kubernetes.io/name: fleetguard
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "fleetguard.labels" -}}
{{ include "fleetguard.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* Labels of a pod: who it is, and which stores the NetworkPolicies let it reach. (… "reaches" (list "postgres")) */}}
{{- define "fleetguard.podLabels" -}}
{{ include "fleetguard.selector" . }}
{{- range .reaches }}
fleetguard/reaches-{{ . }}: "true"
{{- end }}
{{- end -}}

{{/* Settings are read once per process: a change must start new ones. */}}
{{- define "fleetguard.podAnnotations" -}}
checksum/settings: {{ include "fleetguard.settings" .root | sha256sum }}
{{- end -}}
