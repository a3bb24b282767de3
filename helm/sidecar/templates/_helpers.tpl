{{- define "sidecar.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sidecar.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sidecar.labels" -}}
{{ include "sidecar.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- /* The key of a ConfigMap has no slashes, so a file's path is written with two underscores for each. */ -}}
{{- define "sidecar.bundleKey" -}}
{{- . | replace "/" "__" -}}
{{- end -}}

{{- define "sidecar.bundleConfigMap" -}}
{{- .Values.bundle.existingConfigMap | default (printf "%s-bundle" (include "sidecar.name" .)) -}}
{{- end -}}

{{- /* The server's configuration file; what the pod depends on cannot be set otherwise by `config`. */ -}}
{{- define "sidecar.config" -}}
{{- $fixed := dict
  "bundle" (dict "path" "/etc/sidecar/bundle")
  "data" (dict "dir" "/var/lib/sidecar/data")
  "http" (dict "address" "0.0.0.0:7071")
  "server" (dict
    "listen" (list "0.0.0.0:7070")
    "allow_plaintext_network" .Values.server.allowPlaintextNetwork
    "drain_seconds" .Values.server.drainSeconds)
-}}
{{- with .Values.nats -}}
{{- if .servers -}}
{{- $_ := set $fixed "consent" (dict "log" "nats" "key_file" "/etc/sidecar/secrets/pseudonym.key") -}}
{{- $_ := set $fixed "token" (dict "file" "/etc/sidecar/secrets/operator.token") -}}
{{- $nats := dict "servers" .servers -}}
{{- if .user -}}
{{- $nats = merge $nats (dict "user" .user "password_file" "/etc/sidecar/secrets/nats.password") -}}
{{- end -}}
{{- $_ := set $fixed "nats" $nats -}}
{{- end -}}
{{- end -}}
{{- mergeOverwrite (deepCopy .Values.config) $fixed | toYaml -}}
{{- end -}}

{{- /* What no default would be right for. */ -}}
{{- define "sidecar.required" -}}
{{- if and .Values.bundle.files .Values.bundle.existingConfigMap -}}
{{- fail "bundle: give files or existingConfigMap, not both" -}}
{{- end -}}
{{- if not (or .Values.bundle.files .Values.bundle.existingConfigMap) -}}
{{- fail "bundle: give files (bundle_values.py writes them from a folder) or existingConfigMap" -}}
{{- end -}}
{{- if and .Values.bundle.existingConfigMap (not .Values.bundle.items) -}}
{{- fail "bundle: existingConfigMap needs items, which say which key is which file" -}}
{{- end -}}
{{- $keys := dict -}}
{{- $size := 0 -}}
{{- range $path, $text := .Values.bundle.files -}}
{{- $key := include "sidecar.bundleKey" $path -}}
{{- if hasKey $keys $key -}}
{{- fail (printf "bundle: %s and %s would have the same key: rename one" (get $keys $key) $path) -}}
{{- end -}}
{{- $_ := set $keys $key $path -}}
{{- $size = add $size (len $text) -}}
{{- end -}}
{{- if gt (int $size) 1000000 -}}
{{- fail (printf "bundle: %d bytes do not fit into a ConfigMap, which holds 1 MiB" (int $size)) -}}
{{- end -}}
{{- if and .Values.nats.servers (not .Values.nats.existingSecret) -}}
{{- fail "nats: servers needs existingSecret, with the key of the log: see README.md" -}}
{{- end -}}
{{- if and (not .Values.nats.servers) (or .Values.nats.existingSecret .Values.nats.user) -}}
{{- fail "nats: existingSecret and user are for a shared log; give servers" -}}
{{- end -}}
{{- if not .Values.server.allowPlaintextNetwork -}}
{{- fail "server.allowPlaintextNetwork: the server has no TLS yet; set this to true if something else keeps its network private" -}}
{{- end -}}
{{- end -}}
