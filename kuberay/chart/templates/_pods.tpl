{{/* What every pod spec starts with. (dict "root" $) */}}
{{- define "fleetguard.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "fleetguard.container" -}}
image: {{ include "fleetguard.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext: {{- include "fleetguard.containerSecurity" . | nindent 2 }}
{{- end -}}

{{- define "fleetguard.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* The root file system is read-only; /tmp holds FLEETGUARD_HOME and every library's cache. */}}
{{- define "fleetguard.volumeMounts" -}}
- {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "fleetguard.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .tmp | default "1Gi" }}}
{{- end -}}

{{- define "fleetguard.envFrom" -}}
- configMapRef: {name: {{ include "fleetguard.name" .root }}-settings}
{{- end -}}

{{/* Environment from Secrets that exist already; one without a name is left out. (dict "root" $ "names" (list "POSTGRES__URL")) */}}
{{- define "fleetguard.secretEnv" -}}
{{- $secrets := .root.Values.secrets -}}
{{- $sources := dict
  "FLEETGUARD_POSTGRES__URL" (list $secrets.postgres "url")
  "FLEETGUARD_POSTGRES__OWNER_URL" (list $secrets.postgresOwner "url")
  "FLEETGUARD_MQTT__PASSWORD" (list $secrets.broker "password")
  "FLEETGUARD_DEVICE_AUTH__PASSWORD" (list $secrets.deviceAuth "password")
  "FLEETGUARD_DEVICE_AUTH__ISSUER_SEED" (list $secrets.deviceAuth "issuer-seed")
  "FLEETGUARD_NOTIFY__PUSH_KEY" (list $secrets.push "private-key")
  "FLEETGUARD_VALKEY__URL" (list $secrets.valkey "url")
  "FLEETGUARD_MLFLOW__TRACKING_URI" (list $secrets.mlflow "tracking-uri")
  "FLEETGUARD_FEAST__REGISTRY" (list $secrets.feast "registry")
  "MLFLOW_BACKEND_STORE_URI" (list $secrets.mlflow "backend-store-uri")
  "FLEETGUARD_OIDC__CLIENT_SECRET" (list $secrets.oidc "client-secret")
  "FLEETGUARD_OIDC__STATE_KEY" (list $secrets.oidc "state-key")
  "FLEETGUARD_INFLUX__TOKEN" (list $secrets.influx "token")
  "RAY_AUTH_TOKEN" (list $secrets.rayToken "auth_token") -}}
{{- range .names }}
{{- $source := get $sources . }}
{{- if index $source 0 }}
- name: {{ . }}
  valueFrom:
    secretKeyRef: {name: {{ index $source 0 }}, key: {{ index $source 1 }}}
{{- end }}
{{- end }}
{{- end -}}

{{/* Secrets of the scoring path: workers, ingest driver and recurring work. */}}
{{- define "fleetguard.pathSecretEnv" -}}
{{- include "fleetguard.secretEnv" (dict "root" .root "names" (list
  "FLEETGUARD_POSTGRES__URL" "FLEETGUARD_MQTT__PASSWORD" "FLEETGUARD_VALKEY__URL"
  "FLEETGUARD_MLFLOW__TRACKING_URI" "FLEETGUARD_FEAST__REGISTRY" "FLEETGUARD_INFLUX__TOKEN")) -}}
{{- end -}}

{{- define "fleetguard.spread" -}}
topologySpreadConstraints:
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "fleetguard.selector" $ | nindent 8 }}
{{- end }}
{{- end -}}
