{{/* The repository's one Serve config. Its list of deployments is that of the split graph; colocated there is one, and Serve refuses unknown names. */}}
{{- define "fleetguard.serveConfig" -}}
{{- $config := .Files.Get "serve-config.yaml" | fromYaml -}}
{{- range $application := $config.applications }}
{{- $args := merge (dict "placement" $.Values.serve.placement) ($application.args | default dict) }}
{{- if eq $.Values.serve.placement "colocated" }}
{{- $args = merge (dict "replicas" (int $.Values.serve.colocatedReplicas)) $args }}
{{- $_ := unset $application "deployments" }}
{{- end }}
{{- $_ := set $application "args" $args }}
{{- end }}
{{- toYaml $config -}}
{{- end -}}

{{/* Ray reads these at import: head, workers and every process that calls a handle need the same. */}}
{{- define "fleetguard.rayEnv" -}}
{{- range $name, $value := dict
  "RAY_SERVE_USE_GRPC_BY_DEFAULT" "1"
  "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD" "0"
  "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP" "0"
  "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE" "1000"
  "RAY_SERVE_LOG_TO_STDERR" "0"
  "RAY_USAGE_STATS_ENABLED" "0"
  "OMP_NUM_THREADS" "1" }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{- define "fleetguard.rayReaches" -}}
{{- concat (list "postgres" "mqtt" "valkey" "mlflow" "artifacts") (ternary (list "influx") list (ne .Values.secrets.influx "")) | toJson -}}
{{- end -}}

{{/* (dict "root" $ "part" "ray-head" "reaches" (list …)) */}}
{{- define "fleetguard.rayPodMetadata" -}}
labels: {{- include "fleetguard.podLabels" . | nindent 2 }}
  fleetguard/ray: member
annotations: {{- include "fleetguard.podAnnotations" . | nindent 2 }}
{{- end -}}

{{/* The node's agent answers for its raylet, on the head for the GCS too. */}}
{{- define "fleetguard.rayProbes" -}}
startupProbe:
  httpGet: {path: /api/healthz, port: agent}
  periodSeconds: 5
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /api/healthz, port: agent}
  periodSeconds: 5
  timeoutSeconds: 5
livenessProbe:
  httpGet: {path: /api/healthz, port: agent}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 12
{{- end -}}
