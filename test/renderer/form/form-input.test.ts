import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import FormInput from '../../../src/renderer/form/FormInput.vue'
import { formOf } from '../../../src/renderer/form/form-model.ts'
import { machineSchema } from '../../../src/shared/project/schema.ts'

const field = formOf(machineSchema)
  .flatMap((group) => group.fields)
  .find((each) => each.key === 'sanitizer')!

it('shows a field that is on or off as a checkbox, with its default and a way back to it', async () => {
  const input = mount(FormInput, { props: { field, value: undefined, problem: undefined, override: false } })
  const box = input.get<HTMLInputElement>('[data-testid="field-sanitizer"]')
  expect([box.element.type, box.element.checked]).toEqual(['checkbox', true])
  expect(input.text()).toContain('default on')
  expect(input.text()).toContain('This scenario sets it to off.')
  expect(input.find('[data-testid="reset-sanitizer"]').exists()).toBe(false)

  await box.setValue(false)
  expect(input.emitted('change')).toEqual([[false]])
  await input.setProps({ value: false })
  expect(box.element.checked).toBe(false)
  await input.get('[data-testid="reset-sanitizer"]').trigger('click')
  expect(input.emitted('change')).toEqual([[false], [true]])
})
