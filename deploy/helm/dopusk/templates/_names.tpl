{{- define "dopusk.selector" -}}
app.kubernetes.io/name: dopusk
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "dopusk.labels" -}}
{{ include "dopusk.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "dopusk.hardened" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
